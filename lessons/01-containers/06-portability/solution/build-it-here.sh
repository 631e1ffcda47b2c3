docker build -q -t captain/greeting:1 ~/work/portability
