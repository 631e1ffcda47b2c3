kubectl delete -f ~/work/network-plugins/
# on worker-1
rm -f /opt/cni/bin/spy /var/log/spy.log
