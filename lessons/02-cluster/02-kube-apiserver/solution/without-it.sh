kubectl create deployment page --image nginx
kubectl wait --for=condition=Available deployment/page
mv /etc/kubernetes/manifests/kube-apiserver.yaml ~
while curl -sk -o /dev/null https://127.0.0.1:6443/livez; do sleep 0.2; done
sleep 2
mv ~/kube-apiserver.yaml /etc/kubernetes/manifests/
until curl -sk -o /dev/null https://127.0.0.1:6443/livez; do sleep 0.2; done
