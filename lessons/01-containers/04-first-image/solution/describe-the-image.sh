cat > ~/work/first-image/Dockerfile <<'END'
FROM nginx
COPY index.html /usr/share/nginx/html/index.html
END
