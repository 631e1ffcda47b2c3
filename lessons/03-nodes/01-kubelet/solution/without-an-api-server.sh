# pull worker-1
# on worker-1
cat > /etc/kubernetes/manifests/alone.yaml <<'END'
apiVersion: v1
kind: Pod
metadata:
  name: alone
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox
      imagePullPolicy: IfNotPresent
      command: [sleep, "86400"]
END
until pgrep -f '^sleep 86400$' > /dev/null; do sleep 0.5; done
sleep 2
# plug worker-1
# on control-plane
kubectl wait --for=create pod/alone-worker-1 --timeout=60s
kubectl delete pod alone-worker-1
