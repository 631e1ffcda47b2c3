docker run -d --name site -p 8080:80 -v ~/work/volumes-networks/site:/www:ro busybox httpd -f -h /www
sed -i 's/closed/open/' ~/work/volumes-networks/site/index.html
