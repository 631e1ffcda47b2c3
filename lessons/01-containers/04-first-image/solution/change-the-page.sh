cd ~/work/first-image
sed -i 's|<h1>.*</h1>|<h1>Shipped as a new image</h1>|' index.html
docker build -t my-nginx-image .
docker rm -f web
docker run -d --name web -p 80:80 my-nginx-image
