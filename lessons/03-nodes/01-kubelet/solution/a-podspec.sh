kubectl apply -f ~/work/kubelet/web.yaml
