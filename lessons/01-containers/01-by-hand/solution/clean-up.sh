docker rm -f same
pkill -9 -P $(pgrep -x unshare)
until rmdir /sys/fs/cgroup/by-hand; do sleep 0.2; done
umount /var/lib/drydock/by-hand/root
