# on other
docker run --name first captain/greeting:1
