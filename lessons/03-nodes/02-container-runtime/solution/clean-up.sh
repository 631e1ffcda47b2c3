kubectl delete pod pair
