kubectl delete deployment/page configmap/price secret/vault
