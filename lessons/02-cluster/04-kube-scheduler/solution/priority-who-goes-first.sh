kubectl apply -f ~/work/kube-scheduler/priority.yaml
kubectl wait --for=condition=Ready pod/filler
kubectl apply -f ~/work/kube-scheduler/urgent.yaml
