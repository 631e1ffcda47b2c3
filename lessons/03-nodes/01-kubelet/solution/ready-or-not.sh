kubectl exec web -- touch /usr/share/nginx/html/ready
