# on worker-1
nsenter --target $(pgrep -f '^sleep 86400$') --net curl -s localhost > /dev/null
