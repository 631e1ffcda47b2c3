kubectl scale deployment web --replicas 2
kubectl patch daemonset kube-proxy -n kube-system -p '{"spec":{"template":{"spec":{"nodeSelector":{"proxy":"wanted"}}}}}'
