docker exec cell sh -c 'echo "I was here" > /wall'
