docker rm report
docker rmi tool:slow tool:1 tool:2 leak report
