package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"syscall"

	"drydock/agent/internal/links"
	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Sandbox mirrors SandboxSpec of engine/api/agent.ts.
type Sandbox struct {
	ID string `json:"id"`
	// Mode is host, none, bridge or pod
	Mode string `json:"mode"`
	// These are for bridge
	Endpoints []Endpoint `json:"endpoints"`
	// DefaultRoute is the device whose gateway leads everywhere else; none when empty
	DefaultRoute string `json:"defaultRoute"`
	// DNS is what the embedded name server needs; there is none without
	DNS *DNS `json:"dns"`
	Pod
}

// Endpoint is a sandbox's place on one network.
type Endpoint struct {
	// Network is the name that may follow a container's: web.backend
	Network string `json:"network"`
	Bridge  string `json:"bridge"`
	// Address with prefix length
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	MAC     string `json:"mac"`
	Device  string `json:"device"`
	MTU     int    `json:"mtu"`
	// Names under which neighbours find the address; the first is what the address is called
	Names []string `json:"names"`
}

// DNS configures the name server that a sandbox has at 127.0.0.11.
type DNS struct {
	// Servers are asked for what no neighbour is called
	Servers []string `json:"servers"`
	// Links are names of this sandbox's own for names of neighbours
	Links map[string]string `json:"links"`
	// KeepsUnqualified says that names without a dot are no question for the servers
	KeepsUnqualified bool `json:"keepsUnqualified"`
}

type sandboxReply struct {
	Netns string `json:"netns"`
	// These are for mode pod
	UTS string `json:"uts,omitempty"`
	IPC string `json:"ipc,omitempty"`
	Shm string `json:"shm,omitempty"`
	// CNI is the result of the network's last plugin
	CNI json.RawMessage `json:"cni,omitempty"`
}

func (n *Network) createSandbox(sandbox Sandbox) (sandboxReply, error) {
	path, err := NamespacePath(sandbox.ID)
	if err != nil {
		return sandboxReply{}, err
	}
	switch sandbox.Mode {
	case "host", "none", "bridge":
	case "pod":
		return n.createPod(sandbox, path)
	default:
		return sandboxReply{}, wire.Errorf("EINVAL", "there is no network mode %q", sandbox.Mode)
	}
	wirings, err := parseWirings(sandbox)
	if err != nil {
		return sandboxReply{}, err
	}
	if err := makeNamespaceFile(sandbox.ID, path); err != nil {
		return sandboxReply{}, err
	}
	held := &held{Sandbox: sandbox}
	err = links.OnThread(unix.CLONE_NEWNET, func() error {
		// The socket stays in the machine's namespace, whatever the thread does later.
		outside, err := links.Open()
		if err != nil {
			return err
		}
		defer outside.Close()
		if sandbox.Mode != "host" {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("making a network namespace: %w", err)
			}
		}
		if err := unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding the network namespace: %w", err)
		}
		if sandbox.Mode == "host" {
			return nil
		}
		if err := connectAll(outside, path, sandbox, wirings); err != nil {
			return err
		}
		return n.startResolver(held)
	})
	if err == nil {
		err = n.hold(held)
	}
	if err != nil {
		held.close()
		_ = removeNamespace(path)
		return sandboxReply{}, err
	}
	return sandboxReply{Netns: path}, nil
}

type listReply struct {
	IDs   []string        `json:"ids"`
	Ports []PublishedPort `json:"ports"`
}

// list tells what there is, for a host that may have been cut off while it made something.
func (n *Network) list() (listReply, error) {
	reply := listReply{IDs: []string{}, Ports: []PublishedPort{}}
	ids := make(map[string]struct{})
	// A sandbox that was half made may be known by one of them only.
	for _, directory := range []string{namespaces, sandboxFiles} {
		entries, err := os.ReadDir(directory)
		if err != nil && !os.IsNotExist(err) {
			return reply, err
		}
		for _, entry := range entries {
			ids[entry.Name()] = struct{}{}
		}
	}
	for id := range ids {
		reply.IDs = append(reply.IDs, id)
	}
	sort.Strings(reply.IDs)
	n.mu.Lock()
	defer n.mu.Unlock()
	for port := range n.ports {
		reply.Ports = append(reply.Ports, port)
	}
	return reply, nil
}

func makeNamespaceFile(id, path string) error {
	if err := os.MkdirAll(namespaces, 0o711); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o444)
	if os.IsExist(err) {
		return wire.Errorf("EEXIST", "there is a sandbox %s already", id)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func (n *Network) removeSandbox(request struct {
	ID string `json:"id"`
}) error {
	path, err := NamespacePath(request.ID)
	if err != nil {
		return err
	}
	if pod, ok := recordOf(request.ID); ok {
		return n.removePod(pod, path)
	}
	n.release(request.ID)
	// The veth pairs go with the namespace, once its last process is gone.
	if err := removeNamespace(path); err != nil {
		if os.IsNotExist(err) {
			return wire.Errorf("ENOENT", "there is no sandbox %s", request.ID)
		}
		return err
	}
	return nil
}

func removeNamespace(path string) error {
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
		return err
	}
	return os.Remove(path)
}

type connectRequest struct {
	ID       string   `json:"id"`
	Endpoint Endpoint `json:"endpoint"`
	// DefaultRoute and DNS are as they are to be afterwards
	DefaultRoute string `json:"defaultRoute"`
	DNS          *DNS   `json:"dns"`
}

// connectSandbox adds a device to a sandbox that is in use.
func (n *Network) connectSandbox(request connectRequest) error {
	path, err := NamespacePath(request.ID)
	if err != nil {
		return err
	}
	wiring, err := parseWiring(request.ID, request.Endpoint)
	if err != nil {
		return err
	}
	return n.changeSandbox(request.ID, func(held *held, inside *netlink.Handle, outside links.Socket) error {
		if err := wiring.join(inside, outside, path); err != nil {
			return err
		}
		held.Endpoints = append(held.Endpoints, request.Endpoint)
		held.DefaultRoute = request.DefaultRoute
		if err := routeEverywhere(inside, held.Endpoints, request.DefaultRoute); err != nil {
			return err
		}
		if held.DNS == nil {
			held.DNS = request.DNS
			return n.startResolver(held)
		}
		return nil
	})
}

type disconnectRequest struct {
	ID           string `json:"id"`
	Device       string `json:"device"`
	DefaultRoute string `json:"defaultRoute"`
}

func (n *Network) disconnectSandbox(request disconnectRequest) error {
	return n.changeSandbox(request.ID, func(held *held, inside *netlink.Handle, outside links.Socket) error {
		pair := links.VethPair{Host: links.HostDevice(request.ID, request.Device)}
		if err := pair.Remove(outside); err != nil && !errors.Is(err, syscall.ENODEV) {
			return fmt.Errorf("removing %s: %w", request.Device, err)
		}
		kept := make([]Endpoint, 0, len(held.Endpoints))
		for _, endpoint := range held.Endpoints {
			if endpoint.Device != request.Device {
				kept = append(kept, endpoint)
			}
		}
		held.Endpoints, held.DefaultRoute = kept, request.DefaultRoute
		return routeEverywhere(inside, kept, request.DefaultRoute)
	})
}

// changeSandbox calls change on a thread inside the sandbox, with ways to the devices there
// and to the machine's, and keeps what it made of the sandbox.
func (n *Network) changeSandbox(id string, change func(*held, *netlink.Handle, links.Socket) error) error {
	changed, err := n.copyOf(id)
	if err != nil {
		return err
	}
	outside, err := links.Open()
	if err != nil {
		return err
	}
	defer outside.Close()
	err = Inside(id, func() error {
		inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer inside.Close()
		return change(changed, inside, outside)
	})
	if err != nil {
		return err
	}
	return n.hold(changed)
}

// nameSandbox changes the names that an endpoint has for its neighbours.
func (n *Network) nameSandbox(request struct {
	ID     string   `json:"id"`
	Device string   `json:"device"`
	Names  []string `json:"names"`
}) error {
	changed, err := n.copyOf(request.ID)
	if err != nil {
		return err
	}
	for i := range changed.Endpoints {
		if changed.Endpoints[i].Device == request.Device {
			changed.Endpoints[i].Names = request.Names
		}
	}
	return n.hold(changed)
}
