echo "Hello from a container on a $(uname -m), kernel $(uname -r). My host name is $(hostname)."
