docker rm -f page
