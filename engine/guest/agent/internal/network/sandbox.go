package network

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"syscall"

	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Sandbox mirrors SandboxSpec of engine/api/agent.ts.
type Sandbox struct {
	ID      string `json:"id"`
	Network struct {
		// Mode is host, none or bridge; the rest is for bridge
		Mode    string `json:"mode"`
		Bridge  string `json:"bridge"`
		Address string `json:"address"`
		Gateway string `json:"gateway"`
		MAC     string `json:"mac"`
		Device  string `json:"device"`
	} `json:"network"`
}

type sandboxReply struct {
	Netns string `json:"netns"`
}

func (n *Network) createSandbox(sandbox Sandbox) (sandboxReply, error) {
	path, err := NamespacePath(sandbox.ID)
	if err != nil {
		return sandboxReply{}, err
	}
	wiring, err := parseWiring(sandbox)
	if err != nil {
		return sandboxReply{}, err
	}
	if err := os.MkdirAll(namespaces, 0o711); err != nil {
		return sandboxReply{}, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		if os.IsExist(err) {
			return sandboxReply{}, wire.Errorf("EEXIST", "there is a sandbox %s already", sandbox.ID)
		}
		return sandboxReply{}, err
	}
	file.Close()
	err = onOwnThread(func() error {
		// The socket stays in the machine's namespace, whatever the thread does later.
		outside, err := openRouteSocket()
		if err != nil {
			return err
		}
		defer outside.Close()
		if sandbox.Network.Mode != "host" {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("making a network namespace: %w", err)
			}
		}
		if err := unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding the network namespace: %w", err)
		}
		if sandbox.Network.Mode == "host" {
			return nil
		}
		return wiring.connect(outside, path)
	})
	if err != nil {
		_ = removeNamespace(path)
		return sandboxReply{}, err
	}
	return sandboxReply{path}, nil
}

func (n *Network) removeSandbox(request struct {
	ID string `json:"id"`
}) error {
	path, err := NamespacePath(request.ID)
	if err != nil {
		return err
	}
	// The veth pair goes with the namespace, once its last process is gone.
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

// wiring is what a sandbox in bridge mode needs; pair.bridge is 0 in the other modes.
type wiring struct {
	pair    vethPair
	address *netlink.Addr
	gateway net.IP
}

func parseWiring(sandbox Sandbox) (wiring, error) {
	spec := sandbox.Network
	switch spec.Mode {
	case "host", "none":
		return wiring{}, nil
	case "bridge":
	default:
		return wiring{}, wire.Errorf("EINVAL", "there is no network mode %q", spec.Mode)
	}
	bridge, err := netlink.LinkByName(spec.Bridge)
	if err != nil {
		return wiring{}, wire.Errorf("ENOENT", "there is no bridge %s", spec.Bridge)
	}
	result := wiring{gateway: net.ParseIP(spec.Gateway)}
	result.pair = vethPair{host: hostDevice(sandbox.ID), bridge: bridge.Attrs().Index, device: spec.Device}
	if spec.Device == "" {
		result.pair.device = "eth0"
	}
	if result.address, err = netlink.ParseAddr(spec.Address); err != nil {
		return wiring{}, wire.Errorf("EINVAL", "the address %q: %v", spec.Address, err)
	}
	if result.pair.hardware, err = net.ParseMAC(spec.MAC); err != nil {
		return wiring{}, wire.Errorf("EINVAL", "the MAC address %q: %v", spec.MAC, err)
	}
	if result.gateway == nil {
		return wiring{}, wire.Errorf("EINVAL", "the gateway %q is not an address", spec.Gateway)
	}
	return result, nil
}

// hostDevice names the machine's end of a veth pair after the sandbox.
func hostDevice(sandbox string) string {
	sum := fnv.New32a()
	sum.Write([]byte(sandbox))
	return fmt.Sprintf("veth%08x", sum.Sum32())
}

// connect runs on a thread inside the new namespace; outside reaches the machine's.
func (w wiring) connect(outside routeSocket, namespace string) error {
	inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer inside.Close()
	const loopbackIndex = 1
	if err := inside.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "lo", Index: loopbackIndex}}); err != nil {
		return fmt.Errorf("lo up: %w", err)
	}
	if w.pair.bridge == 0 {
		return nil
	}
	if err := w.addPair(outside, namespace); err != nil {
		return fmt.Errorf("making a veth pair: %w", err)
	}
	link, err := inside.LinkByName(w.pair.device)
	if err != nil {
		return fmt.Errorf("%s: %w", w.pair.device, err)
	}
	if err := inside.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", w.pair.device, err)
	}
	if err := inside.AddrAdd(link, w.address); err != nil {
		return fmt.Errorf("address %s: %w", w.address, err)
	}
	if err := inside.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: w.gateway}); err != nil {
		return fmt.Errorf("default route via %s: %w", w.gateway, err)
	}
	return nil
}

func (w wiring) addPair(outside routeSocket, namespace string) error {
	target, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer target.Close()
	w.pair.namespace = int(target.Fd())
	err = w.pair.add(outside)
	if errors.Is(err, syscall.EEXIST) {
		// Left from a sandbox of the same id whose namespace is still being taken down.
		if err = w.pair.remove(outside); err == nil || errors.Is(err, syscall.ENODEV) {
			err = w.pair.add(outside)
		}
	}
	return err
}
