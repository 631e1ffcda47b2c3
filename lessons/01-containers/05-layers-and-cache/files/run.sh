echo "Hello. I need $(cat /needed)."
