docker rmi captain/greeting:1
