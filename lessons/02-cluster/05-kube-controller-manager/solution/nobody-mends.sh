mv /etc/kubernetes/manifests/kube-controller-manager.yaml ~
while kubectl get --raw /api/v1/namespaces/kube-system/pods/kube-controller-manager-control-plane >/dev/null 2>&1; do :; done
kubectl scale deployment web --replicas 4
kubectl delete $(kubectl get pod -l app=web -o name | head -1)
kubectl create namespace new-team
