kubectl delete -f ~/work/tour/hello.yaml
kubectl uncordon worker-1
