curl -s --unix-socket /var/run/docker.sock -X POST 'http://localhost/images/create?fromImage=busybox&tag=latest'
