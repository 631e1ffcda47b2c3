kubectl apply -f ~/work/kube-controller-manager/job.yaml
kubectl taint node worker-2 lesson=on:NoExecute
