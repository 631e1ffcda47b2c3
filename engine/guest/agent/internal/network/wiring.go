package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"drydock/agent/internal/links"
	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// wiring is what one endpoint needs in the kernel.
type wiring struct {
	pair    links.VethPair
	address *netlink.Addr
}

func parseWirings(sandbox Sandbox) ([]wiring, error) {
	wirings := make([]wiring, len(sandbox.Endpoints))
	for i, endpoint := range sandbox.Endpoints {
		var err error
		if wirings[i], err = parseWiring(sandbox.ID, endpoint); err != nil {
			return nil, err
		}
	}
	return wirings, nil
}

func parseWiring(sandbox string, endpoint Endpoint) (wiring, error) {
	bridge, err := netlink.LinkByName(endpoint.Bridge)
	if err != nil {
		return wiring{}, wire.Errorf("ENOENT", "there is no bridge %s", endpoint.Bridge)
	}
	if endpoint.Device == "" {
		return wiring{}, wire.Errorf("EINVAL", "an endpoint needs a device name")
	}
	result := wiring{pair: links.VethPair{
		Host: links.HostDevice(sandbox, endpoint.Device), Bridge: bridge.Attrs().Index, Device: endpoint.Device, MTU: endpoint.MTU,
	}}
	if result.address, err = netlink.ParseAddr(endpoint.Address); err != nil {
		return wiring{}, wire.Errorf("EINVAL", "the address %q: %v", endpoint.Address, err)
	}
	if result.pair.Hardware, err = net.ParseMAC(endpoint.MAC); err != nil {
		return wiring{}, wire.Errorf("EINVAL", "the MAC address %q: %v", endpoint.MAC, err)
	}
	if endpoint.Gateway != "" && net.ParseIP(endpoint.Gateway).To4() == nil {
		return wiring{}, wire.Errorf("EINVAL", "the gateway %q is not an IPv4 address", endpoint.Gateway)
	}
	return result, nil
}

// connectAll runs on a thread inside a new namespace; outside reaches the machine's.
func connectAll(outside links.Socket, namespace string, sandbox Sandbox, wirings []wiring) error {
	inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := inside.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "lo", Index: links.LoopbackIndex}}); err != nil {
		return fmt.Errorf("lo up: %w", err)
	}
	for _, wiring := range wirings {
		if err := wiring.join(inside, outside, namespace); err != nil {
			return err
		}
	}
	return routeEverywhere(inside, sandbox.Endpoints, sandbox.DefaultRoute)
}

// join makes the veth pair, and addresses its end inside.
func (w wiring) join(inside *netlink.Handle, outside links.Socket, namespace string) error {
	if err := w.addPair(outside, namespace); err != nil {
		return fmt.Errorf("making a veth pair: %w", err)
	}
	link, err := inside.LinkByName(w.pair.Device)
	if err != nil {
		return fmt.Errorf("%s: %w", w.pair.Device, err)
	}
	if err := inside.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", w.pair.Device, err)
	}
	if err := inside.AddrAdd(link, w.address); err != nil {
		return fmt.Errorf("address %s: %w", w.address, err)
	}
	return nil
}

func (w wiring) addPair(outside links.Socket, namespace string) error {
	target, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer target.Close()
	w.pair.Namespace = int(target.Fd())
	err = w.pair.Add(outside)
	if errors.Is(err, syscall.EEXIST) {
		// Left from a sandbox of the same id whose namespace is still being taken down.
		if err = w.pair.Remove(outside); err == nil || errors.Is(err, syscall.ENODEV) {
			err = w.pair.Add(outside)
		}
	}
	return err
}

// routeEverywhere sets the default route over one device. A route over a device that went, went with it.
func routeEverywhere(inside *netlink.Handle, endpoints []Endpoint, device string) error {
	for _, endpoint := range endpoints {
		if device == "" || endpoint.Device != device || endpoint.Gateway == "" {
			continue
		}
		link, err := inside.LinkByName(device)
		if err != nil {
			return fmt.Errorf("%s: %w", device, err)
		}
		if err := inside.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(endpoint.Gateway)}); err != nil {
			return fmt.Errorf("default route via %s: %w", endpoint.Gateway, err)
		}
	}
	return nil
}
