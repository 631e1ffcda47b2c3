kubectl apply -f ~/work/kube-proxy/web.yaml
