docker run -d --name cell busybox sleep 3600
