kubectl apply -f ~/work/kube-scheduler/filters.yaml
kubectl label node worker-1 disk=ssd
