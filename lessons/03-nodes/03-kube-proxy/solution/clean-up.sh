nft delete table ip by-hand
kubectl patch daemonset kube-proxy -n kube-system -p '{"spec":{"template":{"spec":{"nodeSelector":{"proxy":null}}}}}'
kubectl delete -f ~/work/kube-proxy/web.yaml
