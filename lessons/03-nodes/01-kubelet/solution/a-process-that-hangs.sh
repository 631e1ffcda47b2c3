# on worker-1
pkill -STOP -x nginx
