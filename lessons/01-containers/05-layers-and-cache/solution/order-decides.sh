cd ~/work/layers
cat > Dockerfile <<'END2'
FROM busybox
COPY install.sh /app/
RUN sh /app/install.sh
COPY run.sh /app/
CMD ["sh", "/app/run.sh"]
END2
docker build -q -t tool:1 .
sed -i 's/Hello/Good morning/' run.sh
docker build -q -t tool:2 .
