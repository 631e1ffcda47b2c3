kubectl scale deployment hello --replicas 3
kubectl rollout status deployment hello
