cd ~/work/debugging
docker rm page
sed -i 's|"server.sh"|"/server.sh"|' Dockerfile
chmod +x server.sh
docker build -q -t page .
docker run -d --name page -p 80:80 page
