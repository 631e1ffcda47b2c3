mkdir -p /sys/fs/cgroup/by-hand
echo 20M > /sys/fs/cgroup/by-hand/memory.max
pgrep -P $(pgrep -x unshare) > /sys/fs/cgroup/by-hand/cgroup.procs
