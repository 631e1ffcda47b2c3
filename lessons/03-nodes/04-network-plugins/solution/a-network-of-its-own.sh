kubectl apply -f ~/work/network-plugins/pods.yaml
