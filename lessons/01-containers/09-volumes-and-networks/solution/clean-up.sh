docker rm -f site api buyer stranger
docker network rm harbour
docker volume rm notes
