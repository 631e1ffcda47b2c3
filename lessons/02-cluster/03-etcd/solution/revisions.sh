. ~/work/etcd/etcd.sh
kubectl create configmap price --from-literal=apple=10
kubectl patch configmap price -p '{"data":{"apple":"12"}}'
KEY=$(coded /registry/configmaps/default/price)
FIRST=$(etcd /v3/kv/range "{\"key\":\"$KEY\"}" | jq -r '.kvs[0].create_revision')
etcd-get /registry/configmaps/default/price $FIRST | jq -c .data
