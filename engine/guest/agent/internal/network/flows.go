package network

import (
	"fmt"
	"net"
	"strconv"
	"syscall"

	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
)

// flowDestination is where flows were sent to, with what may answer them.
type flowDestination struct {
	// Address of the destination; any when empty
	Address string `json:"address"`
	Port    uint16 `json:"port"`
	// Backends that flows may have been translated to, such as 10.244.1.5:53
	Backends []string `json:"backends"`
}

type forgetRequest struct {
	Protocol     string            `json:"protocol"`
	Destinations []flowDestination `json:"destinations"`
}

type forgetReply struct {
	Forgotten uint `json:"forgotten"`
}

// staleFlows matches flows to a destination that something else than its backends answers.
type staleFlows struct {
	protocol uint8
	// backends by destination, whose address may be empty
	backends map[string]map[string]struct{}
}

var _ netlink.CustomConntrackFilter = staleFlows{}

func (s staleFlows) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	if flow.Forward.Protocol != s.protocol {
		return false
	}
	backends, ok := s.backends[joined(flow.Forward.DstIP.String(), flow.Forward.DstPort)]
	if !ok {
		if backends, ok = s.backends[joined("", flow.Forward.DstPort)]; !ok {
			return false
		}
	}
	_, serves := backends[joined(flow.Reverse.SrcIP.String(), flow.Reverse.SrcPort)]
	return !serves
}

func joined(address string, port uint16) string {
	return net.JoinHostPort(address, strconv.Itoa(int(port)))
}

func newStaleFlows(request forgetRequest) (staleFlows, error) {
	flows := staleFlows{backends: make(map[string]map[string]struct{})}
	switch request.Protocol {
	case "udp":
		flows.protocol = syscall.IPPROTO_UDP
	case "tcp":
		flows.protocol = syscall.IPPROTO_TCP
	default:
		return flows, wire.Errorf("EINVAL", "flows of protocol %q are not known", request.Protocol)
	}
	for _, destination := range request.Destinations {
		backends := make(map[string]struct{}, len(destination.Backends))
		for _, backend := range destination.Backends {
			backends[backend] = struct{}{}
		}
		flows.backends[joined(destination.Address, destination.Port)] = backends
	}
	return flows, nil
}

// forgetFlows removes connections from the kernel's table, so that the next packet is translated anew.
func (n *Network) forgetFlows(request forgetRequest) (forgetReply, error) {
	flows, err := newStaleFlows(request)
	if err != nil || len(flows.backends) == 0 {
		return forgetReply{}, err
	}
	forgotten, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, syscall.AF_INET, flows)
	if err != nil {
		return forgetReply{forgotten}, fmt.Errorf("forgetting flows: %w", err)
	}
	return forgetReply{forgotten}, nil
}
