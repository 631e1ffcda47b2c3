. ~/work/etcd/etcd.sh
etcd-backup > ~/work/etcd/backup.json
kubectl delete configmap price
etcd-restore ~/work/etcd/backup.json /registry/configmaps/default/price
