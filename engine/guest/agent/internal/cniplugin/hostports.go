package cniplugin

import (
	_ "embed" // for hostport.nft
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/nft"

	"github.com/google/nftables"
)

// portMapping is an entry of the capability portMappings.
type portMapping struct {
	HostPort      uint16 `json:"hostPort"`
	ContainerPort uint16 `json:"containerPort"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"hostIP"`
}

// rules is the table without elements, as `nft` reads and prints it.
//
//go:embed hostport.nft
var rules string

var (
	hostportTable = &nftables.Table{Name: "drydock_hostport", Family: nftables.TableFamilyIPv4}
	addressPair   = nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeIPAddr)
	podSet        = &nftables.Set{Table: hostportTable, Name: "pods", KeyType: nftables.TypeIPAddr}
	hairpinSet    = &nftables.Set{Table: hostportTable, Name: "hairpin", KeyType: addressPair}
)

// element is one of a set, with its set.
type element struct {
	set *nftables.Set
	nftables.SetElement
}

// publish leads ports of the machine to an address. Nothing is loaded where no Pod wants one.
func (p *Plugin) publish(containerID, address string, mappings []portMapping) error {
	elements, err := elementsFor(address, mappings)
	if err != nil || len(elements) == 0 {
		return err
	}
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	found, err := nft.HasTable(connection, hostportTable)
	if err == nil && !found {
		err = nft.Load(p.reaper, rules)
	}
	if err != nil {
		return fmt.Errorf("failed to make nftables table %s: %w", hostportTable.Name, err)
	}
	if err := change((*nftables.Conn).SetAddElements, elements...); err != nil {
		if errors.Is(err, syscall.EEXIST) {
			return fmt.Errorf("a host port of %s is taken by another Pod", containerID)
		}
		return fmt.Errorf("failed to add host ports: %w", err)
	}
	return nil
}

// withdraw takes them back, if they were published: all were, or none. The address itself goes last, for
// it tells that there is something to take back. Others may have been removed by hand.
func (p *Plugin) withdraw(address string, mappings []portMapping) error {
	elements, err := elementsFor(address, mappings)
	if err != nil || len(elements) == 0 {
		return nil
	}
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	pods, err := connection.GetSetElements(podSet)
	if err != nil {
		// The table is not there.
		return nil
	}
	isPublished := false
	for _, pod := range pods {
		isPublished = isPublished || net.IP(pod.Key).Equal(net.ParseIP(address))
	}
	if !isPublished {
		return nil
	}
	for _, element := range elements {
		if err := change((*nftables.Conn).SetDeleteElements, element); err != nil && !errors.Is(err, syscall.ENOENT) {
			return fmt.Errorf("failed to delete host ports: %w", err)
		}
	}
	return nil
}

func change(apply func(*nftables.Conn, *nftables.Set, []nftables.SetElement) error, elements ...element) error {
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	for _, one := range elements {
		if err := apply(connection, one.set, []nftables.SetElement{one.SetElement}); err != nil {
			return err
		}
	}
	return connection.Flush()
}

func elementsFor(address string, mappings []portMapping) ([]element, error) {
	var elements []element
	for _, mapping := range mappings {
		if mapping.HostPort == 0 {
			continue
		}
		one, err := mapping.element(address)
		if err != nil {
			return nil, err
		}
		elements = append(elements, one)
	}
	if len(elements) == 0 {
		return nil, nil
	}
	ip := []byte(net.ParseIP(address).To4())
	return append(elements,
		element{hairpinSet, nftables.SetElement{Key: append(append([]byte{}, ip...), ip...)}},
		element{podSet, nftables.SetElement{Key: ip}},
	), nil
}

func (m portMapping) element(address string) (element, error) {
	protocol := strings.ToLower(m.Protocol)
	if protocol != "tcp" && protocol != "udp" {
		return element{}, &cni.Error{Code: codeConfiguration, Msg: fmt.Sprintf("unknown port protocol %q", m.Protocol)}
	}
	target, err := nft.Endpoint(address, m.ContainerPort)
	if err != nil {
		return element{}, err
	}
	set := &nftables.Set{Table: hostportTable, Name: "published_" + protocol, IsMap: true, KeyType: nftables.TypeInetService, DataType: nft.EndpointType}
	key := binary.BigEndian.AppendUint16(nil, m.HostPort)
	if m.HostIP != "" && m.HostIP != "0.0.0.0" {
		set.Name, set.KeyType = set.Name+"_at", nft.EndpointType
		if key, err = nft.Endpoint(m.HostIP, m.HostPort); err != nil {
			return element{}, err
		}
	}
	return element{set, nftables.SetElement{Key: key, Val: target}}, nil
}
