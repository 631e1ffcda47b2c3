kubectl delete -f ~/work/kube-apiserver/reader.yaml
kubectl delete configmap/note deployment/page
