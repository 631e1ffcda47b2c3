mkdir -p /var/lib/drydock/by-hand/{lower,upper,work,root}
cd /var/lib/drydock/by-hand
docker create --name donor busybox
docker export donor | tar -x -C lower
docker rm donor
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root
