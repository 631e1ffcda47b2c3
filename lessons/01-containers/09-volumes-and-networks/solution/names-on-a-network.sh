docker network create harbour
docker run -d --name api --network harbour busybox sh -c 'mkdir /www; echo three boats > /www/index.html; httpd -f -h /www'
docker run --name buyer --network harbour busybox wget -q -O- http://api/
docker run --name stranger busybox ping -c 1 api || true
