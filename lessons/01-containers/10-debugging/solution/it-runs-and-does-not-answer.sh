cd ~/work/debugging
sed -i 's/127.0.0.1:8080/0.0.0.0:80/' server.sh
docker rm -f page
docker build -q -t page .
docker run -d --name page -e TITLE='It works' -p 80:80 page
