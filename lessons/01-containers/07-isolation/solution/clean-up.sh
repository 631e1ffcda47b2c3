docker rm -f cell one two guest plain
sysctl -w kernel.panic=0
