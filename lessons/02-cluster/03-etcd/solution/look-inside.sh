. ~/work/etcd/etcd.sh
kubectl create secret generic vault --from-literal=word=open-sesame
etcd-get /registry/secrets/default/vault | jq -r .data.word | base64 -d; echo
