docker run --name hog --memory 32m polinux/stress stress --vm 1 --vm-bytes 64M --vm-hang 0 || true
