docker rm -f beside more-1 more-2 more-3 more-4 more-5
