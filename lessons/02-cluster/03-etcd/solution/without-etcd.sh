. ~/work/etcd/etcd.sh
kubectl create deployment page --image nginx
kubectl wait --for=condition=Available deployment/page
mv /etc/kubernetes/manifests/etcd.yaml ~
while etcd /v3/maintenance/status '{}' >/dev/null 2>&1; do sleep 0.2; done
sleep 2
mv ~/etcd.yaml /etc/kubernetes/manifests/
