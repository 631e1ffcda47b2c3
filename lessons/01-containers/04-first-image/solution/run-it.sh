docker run -d --name web -p 80:80 my-nginx-image
