curl -s -X PATCH http://127.0.0.1:8765/settings -d '{"faults":[{"operation":"loadBalancers.put","status":503,"message":"no capacity in harbor-1","times":1}]}'
kubectl expose deployment shop --name second --port 80 --type LoadBalancer
