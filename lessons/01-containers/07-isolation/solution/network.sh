docker run -d --name one busybox httpd -f -p 80
docker run -d --name two busybox httpd -f -p 80
docker run -d --name guest --network container:one busybox sleep 3600
