echo ahoy-captain | docker login -u captain --password-stdin
docker push -q captain/greeting:1
