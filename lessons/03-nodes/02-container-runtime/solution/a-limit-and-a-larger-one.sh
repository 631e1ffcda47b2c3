kubectl patch pod pair --subresource resize -p '{"spec":{"containers":[{"name":"web","resources":{"limits":{"memory":"96Mi"}}}]}}'
