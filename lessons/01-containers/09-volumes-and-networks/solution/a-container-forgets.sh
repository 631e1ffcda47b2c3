docker volume create notes
for i in 1 2; do docker run --rm -v notes:/data busybox sh -c 'hostname >> /data/visits'; done
