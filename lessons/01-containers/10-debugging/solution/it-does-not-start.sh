docker build -q -t page ~/work/debugging
docker run -d --name page -p 80:80 page || true
