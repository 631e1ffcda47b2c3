kubectl apply -f ~/work/kube-controller-manager/web.yaml
