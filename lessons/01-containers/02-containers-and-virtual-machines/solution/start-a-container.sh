docker run -d --name beside busybox sleep 3600
