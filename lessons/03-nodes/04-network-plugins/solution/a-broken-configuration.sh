# on worker-1
echo 'not JSON' > /etc/cni/net.d/00-broken.conflist
# on control-plane
kubectl wait --for=condition=Ready=False node/worker-1 --timeout=60s
# on worker-1
rm /etc/cni/net.d/00-broken.conflist /etc/cni/net.d/05-spy.conflist
