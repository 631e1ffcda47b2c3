kubectl apply -f ~/work/container-runtime/pair.yaml
kubectl wait --for=condition=Ready pod/pair --timeout=90s
# on worker-1
crictl ps
