mkdir -p ~/work/leak
cd ~/work/leak
echo 'password=h4rb0ur' > token.txt
printf 'FROM busybox\nCOPY token.txt /\nRUN rm /token.txt\n' > Dockerfile
docker build -q -t leak .
mkdir -p saved
docker save leak | tar -x -C saved
find saved -type f -exec tar -xOf {} token.txt \; 2> /dev/null > found.txt
