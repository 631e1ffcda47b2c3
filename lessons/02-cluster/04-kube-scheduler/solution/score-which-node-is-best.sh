kubectl apply -f ~/work/kube-scheduler/spread.yaml
