docker run -d --name half --cpus 0.5 busybox sh -c 'while :; do :; done'
until grep -q 'nr_throttled [1-9]' /sys/fs/cgroup/docker/$(docker inspect -f '{{.Id}}' half)/cpu.stat; do sleep 0.1; done
docker update --cpus 0.1 half
