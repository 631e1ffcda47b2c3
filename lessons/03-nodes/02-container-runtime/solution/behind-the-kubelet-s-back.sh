# on worker-1
crictl rmp --force $(crictl pods -q --name pair)
