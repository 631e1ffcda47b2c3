kubectl cordon worker-1
kubectl delete pod -l app=hello --field-selector spec.nodeName=worker-1
