# pull worker-2
# on worker-1
sleep 5
# plug worker-2
