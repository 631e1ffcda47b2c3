before=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
for i in 1 2 3 4 5; do docker run -d --name more-$i busybox sleep 3600; done
after=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
echo "one takes $(( (before - after) / 5 )) kB, so $(( after * 5 / (before - after) )) more would fit"
