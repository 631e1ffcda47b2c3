kubectl apply -f ~/work/kubelet/quits.yaml
