package cniplugin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/links"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// add leaves what it made when it fails: DEL follows.
func (p *Plugin) add(call cni.Call, settings configuration, leases *leases) (*Result, error) {
	target, err := os.Open(call.Netns)
	if err != nil {
		return nil, fmt.Errorf("failed to open netns %q: %w", call.Netns, err)
	}
	defer target.Close()
	prefix, _ := leases.subnet.Mask.Size()
	gateway := &net.IPNet{IP: ipOf(leases.gateway), Mask: leases.subnet.Mask}
	bridge, err := ensureBridge(settings, gateway)
	if err != nil {
		return nil, err
	}
	ip, err := leases.take(call)
	if err != nil {
		return nil, err
	}
	pair := links.VethPair{
		Host: links.HostDevice(call.ContainerID, call.IfName), Bridge: bridge, Device: call.IfName, Hardware: hardwareOf(ipOf(ip)),
		MTU: settings.MTU, Namespace: int(target.Fd()),
	}
	if err := connect(pair, &net.IPNet{IP: ipOf(ip), Mask: leases.subnet.Mask}, gateway.IP); err != nil {
		return nil, err
	}
	if err := p.publish(call.ContainerID, dotted(ip), settings.RuntimeConfig.PortMappings); err != nil {
		return nil, err
	}
	return &Result{
		Version: version,
		Interfaces: []device{
			{Name: settings.Bridge, Mac: hardwareOf(gateway.IP).String()},
			{Name: pair.Host, Mac: macOf(pair.Host)},
			{Name: call.IfName, Mac: pair.Hardware.String(), Sandbox: call.Netns},
		},
		IPs:    []address{{Interface: 2, Address: fmt.Sprintf("%s/%d", dotted(ip), prefix), Gateway: gateway.IP.String()}},
		Routes: []route{{Destination: "0.0.0.0/0"}},
		DNS:    struct{}{},
	}, nil
}

// connect makes the pair, and addresses its end in the namespace.
func connect(pair links.VethPair, address *net.IPNet, gateway net.IP) error {
	outside, err := links.Open()
	if err != nil {
		return err
	}
	defer outside.Close()
	err = pair.Add(outside)
	if errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("container veth name (%q) already exists", pair.Device)
	}
	if err != nil {
		return fmt.Errorf("failed to make a veth pair: %w", err)
	}
	// A Pod may reach itself through a Service: its packet leaves the bridge where it came from.
	if err := os.WriteFile("/sys/class/net/"+pair.Host+"/brport/hairpin_mode", []byte("1"), 0); err != nil {
		return err
	}
	return links.OnThread(unix.CLONE_NEWNET, func() error {
		if err := unix.Setns(pair.Namespace, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("entering the network namespace: %w", err)
		}
		inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer inside.Close()
		link, err := inside.LinkByName(pair.Device)
		if err != nil {
			return fmt.Errorf("failed to lookup %q: %w", pair.Device, err)
		}
		if err := inside.LinkSetUp(link); err != nil {
			return fmt.Errorf("failed to set %q up: %w", pair.Device, err)
		}
		if err := inside.AddrAdd(link, &netlink.Addr{IPNet: address}); err != nil {
			return fmt.Errorf("failed to add IP addr %s to %q: %w", address, pair.Device, err)
		}
		if err := inside.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gateway}); err != nil {
			return fmt.Errorf("failed to add route via %s: %w", gateway, err)
		}
		return nil
	})
}

// remove takes down what there is; what is gone already is no error.
func (p *Plugin) remove(call cni.Call, settings configuration, leases *leases) error {
	taken, err := leases.of(call)
	if err != nil {
		return err
	}
	for _, ip := range taken {
		if err := p.withdraw(dotted(ip), settings.RuntimeConfig.PortMappings); err != nil {
			return err
		}
	}
	outside, err := links.Open()
	if err != nil {
		return err
	}
	defer outside.Close()
	pair := links.VethPair{Host: links.HostDevice(call.ContainerID, call.IfName)}
	if err := pair.Remove(outside); err != nil && !errors.Is(err, syscall.ENODEV) {
		return fmt.Errorf("failed to delete %s: %w", pair.Host, err)
	}
	for _, ip := range taken {
		if err := leases.giveBack(ip); err != nil {
			return err
		}
	}
	return nil
}

// verify is CHECK.
func (p *Plugin) verify(call cni.Call, _ configuration, leases *leases) error {
	taken, err := leases.of(call)
	if err != nil {
		return err
	}
	if len(taken) == 0 {
		return fmt.Errorf("%s has no address", call.ContainerID)
	}
	if _, err := deviceIndex(links.HostDevice(call.ContainerID, call.IfName)); err != nil {
		return fmt.Errorf("missing host interface: %w", err)
	}
	return nil
}

// ensureBridge returns the bridge's index; it makes what is missing of the bridge.
func ensureBridge(settings configuration, gateway *net.IPNet) (int, error) {
	name := settings.Bridge
	index, err := deviceIndex(name)
	if err == nil {
		address, err := addressOf(name)
		if err != nil || address.Equal(gateway.IP) {
			return index, err
		}
		if address != nil {
			return 0, fmt.Errorf("%q already has an IP address different from %s", name, gateway)
		}
	} else if errors.Is(err, os.ErrNotExist) {
		attributes := netlink.NewLinkAttrs()
		attributes.Name, attributes.MTU, attributes.Flags = name, settings.MTU, net.FlagUp
		// Given, it stays when the first port joins, which a bridge's own does not.
		attributes.HardwareAddr = hardwareOf(gateway.IP)
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attributes}); err != nil {
			return 0, fmt.Errorf("could not add %q: %w", name, err)
		}
		index, err = deviceIndex(name)
	}
	if err != nil {
		return 0, err
	}
	for _, path := range []string{"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/" + name + "/route_localnet"} {
		if err := os.WriteFile(path, []byte("1"), 0); err != nil {
			return 0, err
		}
	}
	// Last: a bridge with its address is complete.
	link := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: name, Index: index}}
	if err := netlink.AddrReplace(link, &netlink.Addr{IPNet: gateway}); err != nil {
		return 0, fmt.Errorf("could not add IP address to %q: %w", name, err)
	}
	return index, nil
}

// addressOf returns a device's first address; nil when it has none.
func addressOf(name string) (net.IP, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFADDR, request); err != nil {
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			return nil, nil
		}
		return nil, err
	}
	return request.Inet4Addr()
}

// deviceIndex reads what the kernel shows of its devices, which is cheaper than to ask over netlink.
func deviceIndex(name string) (int, error) {
	text, err := os.ReadFile("/sys/class/net/" + name + "/ifindex")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

func macOf(name string) string {
	text, _ := os.ReadFile("/sys/class/net/" + name + "/address")
	return strings.TrimSpace(string(text))
}

// hardwareOf is a locally administered address made from the IP address, as other plugins do.
func hardwareOf(ip net.IP) net.HardwareAddr {
	four := ip.To4()
	return net.HardwareAddr{0x0a, 0x58, four[0], four[1], four[2], four[3]}
}
