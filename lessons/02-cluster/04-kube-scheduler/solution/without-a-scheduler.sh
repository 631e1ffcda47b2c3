mv /etc/kubernetes/manifests/kube-scheduler.yaml ~
while kubectl get --raw /api/v1/namespaces/kube-system/pods/kube-scheduler-control-plane >/dev/null 2>&1; do :; done
kubectl apply -f ~/work/kube-scheduler/waiting.yaml
kubectl create --raw /api/v1/namespaces/default/pods/by-hand/binding -f ~/work/kube-scheduler/binding.json
kubectl wait --for=condition=Ready pod/by-hand
mv ~/kube-scheduler.yaml /etc/kubernetes/manifests/
