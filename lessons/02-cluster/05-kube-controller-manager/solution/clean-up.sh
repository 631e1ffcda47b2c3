kubectl taint node worker-2 lesson-
kubectl delete -f ~/work/kube-controller-manager/web.yaml -f ~/work/kube-controller-manager/job.yaml --wait=false
kubectl delete namespace new-team --wait=false
