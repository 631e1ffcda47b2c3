docker run -d --name few --pids-limit 10 busybox sh -c '(for i in $(seq 30); do sleep 600 & done); exec sleep 600'
