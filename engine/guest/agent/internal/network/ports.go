package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"drydock/agent/internal/nft"
	"drydock/agent/internal/wire"

	"github.com/google/nftables"
)

// PublishedPort mirrors the type of engine/api/agent.ts.
type PublishedPort struct {
	Protocol    string `json:"protocol"`
	HostAddress string `json:"hostAddress"`
	HostPort    uint16 `json:"hostPort"`
	Address     string `json:"address"`
	Port        uint16 `json:"port"`
}

type portsRequest struct {
	Ports []PublishedPort `json:"ports"`
}

var (
	// portMaps by protocol: for every address of the machine, and for one
	portMaps = map[string][2]*nftables.Set{
		"tcp": {portMap("published_tcp", nftables.TypeInetService), portMap("published_tcp_at", nft.EndpointType)},
		"udp": {portMap("published_udp", nftables.TypeInetService), portMap("published_udp_at", nft.EndpointType)},
	}
)

func portMap(name string, key nftables.SetDatatype) *nftables.Set {
	return &nftables.Set{Table: dockerTable, Name: name, IsMap: true, KeyType: key, DataType: nft.EndpointType}
}

// publish adds ports to the maps, all or none.
func (n *Network) publish(request portsRequest) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, port := range request.Ports {
		if taken, err := listens(port); err != nil {
			return err
		} else if taken || n.published(port) {
			return wire.Errorf("EADDRINUSE", "listen %s %s:%d: address already in use", port.Protocol, port.HostAddress, port.HostPort)
		}
	}
	err := change((*nftables.Conn).SetAddElements, request.Ports)
	if errors.Is(err, syscall.ENOENT) {
		if err = n.restoreTable(); err == nil {
			err = change((*nftables.Conn).SetAddElements, request.Ports)
		}
	}
	if err != nil {
		return err
	}
	for _, port := range request.Ports {
		n.ports[port] = struct{}{}
	}
	return nil
}

// published tells whether the machine's side of port is taken by another.
func (n *Network) published(port PublishedPort) bool {
	for other := range n.ports {
		if other.Protocol == port.Protocol && other.HostPort == port.HostPort &&
			(other.HostAddress == port.HostAddress || other.HostAddress == anyAddress || port.HostAddress == anyAddress) {
			return true
		}
	}
	return false
}

// withdraw removes ports; those that are not there any more are no error.
func (n *Network) withdraw(request portsRequest) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, port := range request.Ports {
		delete(n.ports, port)
		if err := change((*nftables.Conn).SetDeleteElements, []PublishedPort{port}); err != nil && !errors.Is(err, syscall.ENOENT) {
			return err
		}
	}
	return nil
}

const anyAddress = "0.0.0.0"

func change(apply elementChange, ports []PublishedPort) error {
	if len(ports) == 0 {
		return nil
	}
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	for _, port := range ports {
		set, element, err := port.element()
		if err != nil {
			return err
		}
		if err := apply(connection, set, []nftables.SetElement{element}); err != nil {
			return err
		}
	}
	if err := connection.Flush(); err != nil {
		return fmt.Errorf("ports in table ip docker: %w", err)
	}
	return nil
}

func (p PublishedPort) element() (*nftables.Set, nftables.SetElement, error) {
	maps, ok := portMaps[p.Protocol]
	if !ok {
		return nil, nftables.SetElement{}, wire.Errorf("EINVAL", "the protocol %q is neither tcp nor udp", p.Protocol)
	}
	target, err := nft.Endpoint(p.Address, p.Port)
	if err != nil {
		return nil, nftables.SetElement{}, err
	}
	if p.HostAddress == anyAddress || p.HostAddress == "" {
		return maps[0], nftables.SetElement{Key: binary.BigEndian.AppendUint16(nil, p.HostPort), Val: target}, nil
	}
	key, err := nft.Endpoint(p.HostAddress, p.HostPort)
	return maps[1], nftables.SetElement{Key: key, Val: target}, err
}
