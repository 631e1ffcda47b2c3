docker build -t my-nginx-image ~/work/first-image
