kubectl delete service/second service/shop deployment/shop
