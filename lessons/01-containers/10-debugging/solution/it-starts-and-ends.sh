docker rm page
docker run -d --name page -e TITLE='It works' -p 80:80 page
