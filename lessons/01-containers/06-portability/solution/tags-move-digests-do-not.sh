sed -i 's/Hello/Ahoy/' ~/work/portability/greet.sh
docker build -q -t captain/greeting:1 ~/work/portability
docker push -q captain/greeting:1
# on other
docker pull -q captain/greeting:1
docker run --name second captain/greeting:1
docker run --name pinned $(docker inspect -f '{{index .RepoDigests 0}}' $(docker inspect -f '{{.Image}}' first))
