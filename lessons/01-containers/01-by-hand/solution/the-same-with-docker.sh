docker run -d --name same --memory 20m busybox sleep 3600
