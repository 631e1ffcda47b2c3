kubectl delete deployment/spread priorityclass/urgent
kubectl delete pods --all --wait=false
kubectl label node worker-1 disk-
