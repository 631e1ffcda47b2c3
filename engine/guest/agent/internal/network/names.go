package network

import (
	"net"
	"strings"
)

// lookup returns the addresses of what a sandbox calls name. found says that it is the name
// of a neighbour. A name may be followed by its network's: web.backend.
func (n *Network) lookup(asking, name string) (addresses []net.IP, found bool) {
	n.sandboxesMu.RLock()
	defer n.sandboxesMu.RUnlock()
	self, ok := n.sandboxes[asking]
	if !ok {
		return nil, false
	}
	name = strings.TrimSuffix(name, ".")
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		host, network := name[:end], strings.TrimPrefix(name[end:], ".")
		if self.DNS != nil {
			for link, target := range self.DNS.Links {
				if strings.EqualFold(link, host) {
					host = target
				}
			}
		}
		for _, endpoint := range self.Endpoints {
			if network != "" && !strings.EqualFold(network, endpoint.Network) {
				continue
			}
			if addresses = n.named(endpoint.Bridge, host); len(addresses) > 0 {
				return addresses, true
			}
		}
	}
	return nil, false
}

func (n *Network) named(bridge, name string) []net.IP {
	var addresses []net.IP
	n.eachNeighbour(bridge, func(endpoint Endpoint) {
		for _, own := range endpoint.Names {
			if strings.EqualFold(own, name) {
				if ip, _, err := net.ParseCIDR(endpoint.Address); err == nil {
					addresses = append(addresses, ip)
				}
				return
			}
		}
	})
	return addresses
}

// reverse returns what the owner of an address is called on the networks of a sandbox.
func (n *Network) reverse(asking string, address net.IP) string {
	n.sandboxesMu.RLock()
	defer n.sandboxesMu.RUnlock()
	self, ok := n.sandboxes[asking]
	if !ok {
		return ""
	}
	name := ""
	for _, own := range self.Endpoints {
		n.eachNeighbour(own.Bridge, func(endpoint Endpoint) {
			ip, _, err := net.ParseCIDR(endpoint.Address)
			if err == nil && ip.Equal(address) && len(endpoint.Names) > 0 {
				name = endpoint.Names[0] + "." + endpoint.Network
			}
		})
	}
	return name
}

// eachNeighbour visits every endpoint on a bridge. sandboxesMu must be held.
func (n *Network) eachNeighbour(bridge string, visit func(Endpoint)) {
	for _, sandbox := range n.sandboxes {
		for _, endpoint := range sandbox.Endpoints {
			if endpoint.Bridge == bridge {
				visit(endpoint)
			}
		}
	}
}
