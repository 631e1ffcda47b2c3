module drydock/agent

go 1.26.0

require (
	github.com/hashicorp/yamux v0.1.2
	github.com/vishvananda/netlink v1.3.1
	golang.org/x/sys v0.49.0
)

require github.com/vishvananda/netns v0.0.5 // indirect
