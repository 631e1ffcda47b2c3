# Stands for an installation: slow, and the same every time.
echo 'Installing what the program needs …'
sleep 2
echo 'a word of the program' > /needed
