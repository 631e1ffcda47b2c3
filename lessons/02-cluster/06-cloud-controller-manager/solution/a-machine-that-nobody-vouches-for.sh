mv /etc/kubernetes/manifests/cloud-controller-manager.yaml ~
kubectl delete node worker-2
# kill worker-2
# replace worker-2
until kubectl wait --for=create node/worker-2 --timeout 60s; do :; done
sleep 1
mv ~/cloud-controller-manager.yaml /etc/kubernetes/manifests/
kubectl delete lease -n kube-system cloud-controller-manager
