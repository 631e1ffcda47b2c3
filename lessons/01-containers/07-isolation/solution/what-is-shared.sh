sysctl -w kernel.panic=7
