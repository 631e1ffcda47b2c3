# on worker-1
cat /proc/$(pgrep -o -x nginx)/cgroup
