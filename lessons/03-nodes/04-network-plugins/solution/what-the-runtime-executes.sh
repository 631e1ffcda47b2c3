# on worker-1
cat > /opt/cni/bin/spy <<'END'
#!/bin/sh
env | grep ^CNI_ >> /var/log/spy.log
jq .prevResult
END
chmod +x /opt/cni/bin/spy
cd /etc/cni/net.d && jq '.plugins += [{"type": "spy"}]' 10-drydock.conflist > 05-spy.conflist
# on control-plane
kubectl delete pod near
kubectl apply -f ~/work/network-plugins/pods.yaml
