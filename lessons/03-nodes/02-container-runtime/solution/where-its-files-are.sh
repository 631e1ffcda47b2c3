# on worker-1
echo 'written from the node' > /proc/$(pgrep -o -x nginx)/root/usr/share/nginx/html/note.html
