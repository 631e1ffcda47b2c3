mv ~/kube-controller-manager.yaml /etc/kubernetes/manifests/
kubectl delete lease -n kube-system kube-controller-manager
kubectl rollout status deployment web
kubectl apply -f ~/work/kube-controller-manager/visitor.yaml
