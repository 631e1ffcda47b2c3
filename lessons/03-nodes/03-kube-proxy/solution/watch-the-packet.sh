for n in $(seq 10); do curl -s http://10.96.80.80/ | head -1; done
