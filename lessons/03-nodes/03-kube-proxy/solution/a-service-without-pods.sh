kubectl scale deployment web --replicas 0
