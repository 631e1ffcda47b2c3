docker rm -f hog half few
