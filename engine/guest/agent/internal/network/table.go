package network

import (
	_ "embed" // for docker.nft
	"fmt"
	"net"
	"syscall"

	"drydock/agent/internal/nft"

	"github.com/google/nftables"
)

// rules is the table `ip docker` without elements, as `nft` reads and prints it.
//
//go:embed docker.nft
var rules string

var (
	dockerTable = &nftables.Table{Name: "docker", Family: nftables.TableFamilyIPv4}
	bridgeSet   = &nftables.Set{Table: dockerTable, Name: "bridges", KeyType: nftables.TypeIFName}
	togetherSet = &nftables.Set{Table: dockerTable, Name: "together", KeyType: devicePair}
	internalSet = &nftables.Set{Table: dockerTable, Name: "internal", KeyType: nftables.TypeIFName}
	subnetSet   = &nftables.Set{Table: dockerTable, Name: "subnets", KeyType: nftables.TypeIPAddr, Interval: true}
	devicePair  = nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeIFName)
)

// ensureTable loads the rules when the table is missing: once in a machine's life, unless
// somebody flushes the ruleset.
func (n *Network) ensureTable() error {
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	found, err := nft.HasTable(connection, dockerTable)
	if err != nil {
		return fmt.Errorf("listing nftables: %w", err)
	}
	if found {
		return nil
	}
	return nft.Load(n.reaper, rules)
}

// restoreTable puts everything back after somebody removed the table.
func (n *Network) restoreTable() error {
	if err := n.ensureTable(); err != nil {
		return err
	}
	for _, bridge := range n.bridges {
		if err := addBridge(bridge); err != nil {
			return err
		}
	}
	ports := make([]PublishedPort, 0, len(n.ports))
	for port := range n.ports {
		ports = append(ports, port)
	}
	return change((*nftables.Conn).SetAddElements, ports)
}

func addBridge(added bridge) error {
	return changeBridge((*nftables.Conn).SetAddElements, added)
}

func deleteBridge(removed bridge) error {
	return changeBridge((*nftables.Conn).SetDeleteElements, removed)
}

type elementChange func(*nftables.Conn, *nftables.Set, []nftables.SetElement) error

func changeBridge(apply elementChange, bridge bridge) error {
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	device := make([]byte, syscall.IFNAMSIZ)
	copy(device, bridge.Name)
	first, afterLast := interval(bridge.subnet)
	for _, change := range []struct {
		set      *nftables.Set
		wanted   bool
		elements []nftables.SetElement
	}{
		{bridgeSet, true, []nftables.SetElement{{Key: device}}},
		{togetherSet, !bridge.Secluded, []nftables.SetElement{{Key: append(device[:len(device):len(device)], device...)}}},
		{internalSet, bridge.Internal, []nftables.SetElement{{Key: device}}},
		{subnetSet, !bridge.Unmasked && !bridge.Internal, []nftables.SetElement{{Key: first}, {Key: afterLast, IntervalEnd: true}}},
	} {
		if !change.wanted {
			continue
		}
		if err := apply(connection, change.set, change.elements); err != nil {
			return err
		}
	}
	if err := connection.Flush(); err != nil {
		return fmt.Errorf("bridge %s in table ip docker: %w", bridge.Name, err)
	}
	return nil
}

// interval returns a subnet's first address and the first one behind it.
func interval(subnet *net.IPNet) (first, afterLast []byte) {
	first = subnet.IP.To4()
	afterLast = make([]byte, net.IPv4len)
	carry := 1
	for i := net.IPv4len - 1; i >= 0; i-- {
		sum := int(first[i]|^subnet.Mask[i]) + carry
		afterLast[i] = byte(sum)
		carry = sum >> 8
	}
	return first, afterLast
}
