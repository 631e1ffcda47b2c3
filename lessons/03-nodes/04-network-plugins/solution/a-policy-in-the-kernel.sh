kubectl apply -f ~/work/network-plugins/policy.yaml
kubectl label pod near friend=yes
