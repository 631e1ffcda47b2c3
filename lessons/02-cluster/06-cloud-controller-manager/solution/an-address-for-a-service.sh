kubectl apply -f ~/work/cloud-controller-manager/shop.yaml
