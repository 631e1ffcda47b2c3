# on worker-1
rm /etc/kubernetes/manifests/alone.yaml
# on control-plane
kubectl delete pod web quits
