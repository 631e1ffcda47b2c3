#!/bin/bash
# Serves one page, with a title of your choice.
if [ -z "$TITLE" ]; then
  echo "server.sh: set the variable TITLE to what the page shall say" >&2
  exit 1
fi
mkdir -p /www
echo "<h1>$TITLE</h1>" > /www/index.html
exec httpd -f -p 127.0.0.1:8080 -h /www
