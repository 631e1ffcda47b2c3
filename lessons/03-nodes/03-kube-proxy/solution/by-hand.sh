POD=$(kubectl get pod -l app=web -o jsonpath='{.items[0].status.podIP}')
nft add table ip by-hand
nft add chain ip by-hand output '{ type nat hook output priority -100; }'
nft add rule ip by-hand output ip daddr 10.96.80.80 tcp dport 80 dnat to $POD:8080
