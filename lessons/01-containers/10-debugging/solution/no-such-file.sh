cd ~/work/debugging
sed -i '1s/bash/sh/' server.sh
docker rm page
docker build -q -t page .
docker run -d --name page -p 80:80 page
