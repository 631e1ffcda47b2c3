for i in 1 2 3 4 5; do docker run -d --name more-$i busybox sleep 3600; done
