cd ~/work/layers
cat > Dockerfile.stages <<'END2'
FROM busybox AS build
RUN dd if=/dev/urandom of=/tools bs=1M count=4 && md5sum /tools > /report
FROM busybox
COPY --from=build /report /report
CMD ["cat", "/report"]
END2
docker build -q -f Dockerfile.stages -t report .
docker run --name report report
