kubectl apply -f ~/work/tour/hello.yaml
