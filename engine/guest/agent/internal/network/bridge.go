package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
)

// Network owns the bridges and the table `ip docker`.
type Network struct {
	reaper *process.Reaper
	// pods connects sandboxes in mode pod
	pods *cni.Network

	mu      sync.Mutex
	bridges map[string]bridge
	ports   map[PublishedPort]struct{}

	sandboxesMu sync.RWMutex
	sandboxes   map[string]*held
}

// New knows of no bridges yet; the kernel may. It finds the sandboxes that an earlier agent made.
func New(reaper *process.Reaper, pods *cni.Network) *Network {
	network := &Network{
		reaper: reaper, pods: pods, bridges: make(map[string]bridge), ports: make(map[PublishedPort]struct{}), sandboxes: make(map[string]*held),
	}
	network.recoverSandboxes()
	return network
}

type bridgeRequest struct {
	Name string `json:"name"`
	// Address of the bridge with prefix length, such as 172.17.0.1/16
	Address string `json:"address"`
	MTU     int    `json:"mtu"`
	// Internal networks lead nowhere else
	Internal bool `json:"internal"`
	// Secluded containers do not reach each other either
	Secluded bool `json:"secluded"`
	// Unmasked containers show their own addresses outside
	Unmasked bool `json:"unmasked"`
}

// bridge is what the table `ip docker` holds of a bridge.
type bridge struct {
	subnet *net.IPNet
	bridgeRequest
}

// ensureBridge creates what is missing of a bridge and of the rules around it.
func (n *Network) ensureBridge(request bridgeRequest) error {
	address, err := netlink.ParseAddr(request.Address)
	if err != nil || address.IP.To4() == nil {
		return wire.Errorf("EINVAL", "%q is not an IPv4 address with prefix length", request.Address)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := createBridge(request, address); err != nil {
		return err
	}
	if err := forwardPackets(request.Name); err != nil {
		return err
	}
	subnet := &net.IPNet{IP: address.IP.Mask(address.Mask), Mask: address.Mask}
	if err := n.ensureTable(); err != nil {
		return err
	}
	added := bridge{subnet, request}
	if err := addBridge(added); err != nil {
		return err
	}
	n.bridges[request.Name] = added
	return nil
}

func createBridge(request bridgeRequest, address *netlink.Addr) error {
	name := request.Name
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	attributes.MTU = request.MTU
	attributes.HardwareAddr = bridgeHardware(address.IP.To4())
	attributes.Flags = net.FlagUp
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	var link netlink.Link = bridge
	if err := netlink.LinkAdd(bridge); errors.Is(err, syscall.EEXIST) {
		if link, err = netlink.LinkByName(name); err != nil {
			return fmt.Errorf("bridge %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("bridge %s up: %w", name, err)
		}
	} else if err != nil {
		return fmt.Errorf("creating bridge %s: %w", name, err)
	}
	if err := netlink.AddrReplace(link, address); err != nil {
		return fmt.Errorf("address %s of bridge %s: %w", address, name, err)
	}
	return nil
}

// bridgeHardware is a locally administered address made from the IP address: it stays when
// the first port joins, which a bridge's own does not.
func bridgeHardware(ip net.IP) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0x42, ip[0], ip[1], ip[2], ip[3]}
}

// forwardPackets lets the kernel route between devices, and from 127.0.0.1 to the bridge.
func forwardPackets(bridge string) error {
	for _, path := range []string{"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/" + bridge + "/route_localnet"} {
		if err := os.WriteFile(path, []byte("1"), 0); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) removeBridge(request struct {
	Name string `json:"name"`
}) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	link, err := netlink.LinkByName(request.Name)
	if err != nil {
		var missing netlink.LinkNotFoundError
		if errors.As(err, &missing) {
			return wire.Errorf("ENOENT", "there is no bridge %s", request.Name)
		}
		return err
	}
	if removed, ok := n.bridges[request.Name]; ok {
		delete(n.bridges, request.Name)
		if err := deleteBridge(removed); err != nil && !errors.Is(err, syscall.ENOENT) {
			return err
		}
	}
	return netlink.LinkDel(link)
}
