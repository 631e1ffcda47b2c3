# on worker-2
pkill -o -x nginx
