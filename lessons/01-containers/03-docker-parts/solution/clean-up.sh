curl -s --unix-socket /var/run/docker.sock -X DELETE 'http://localhost/containers/raw?force=true'
