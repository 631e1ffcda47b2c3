CA=/etc/kubernetes/pki/ca.crt; URL=https://control-plane:6443/api/v1/namespaces/default/configmaps
curl -s --retry 5 --retry-all-errors --cacert $CA $URL
curl -s --retry 5 --retry-all-errors --cacert $CA $URL -H 'Authorization: Bearer nonsense'
kubectl apply -f ~/work/kube-apiserver/reader.yaml
