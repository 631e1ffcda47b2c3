docker run -d --name plain --user 1000:1000 --cap-drop ALL busybox sleep 3600
