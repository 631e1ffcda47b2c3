docker network connect harbour site
