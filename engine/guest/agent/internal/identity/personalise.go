// Package identity tells clones of one saved state apart: host name, machine id, address,
// clock and random pool.
package identity

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Machine mirrors MachineIdentity of engine/api/agent.ts.
type Machine struct {
	Hostname  string              `json:"hostname"`
	MachineID string              `json:"machineId"`
	MAC       string              `json:"mac"`
	Address   string              `json:"address"`
	Gateway   string              `json:"gateway"`
	Time      int64               `json:"time"`
	Entropy   string              `json:"entropy"`
	Hosts     map[string][]string `json:"hosts"`
}

// device is the machine's one Ethernet device.
const device = "eth0"

// Register adds `personalise` and `clock.set`.
func Register(registry *mux.Registry) {
	mux.Action(registry, "personalise", personalise)
	mux.Action(registry, "clock.set", func(request struct {
		Time int64 `json:"time"`
	}) error {
		return setClock(request.Time)
	})
}

func personalise(machine Machine) error {
	if err := setClock(machine.Time); err != nil {
		return err
	}
	if err := addEntropy(machine.Entropy); err != nil {
		return err
	}
	if err := writeNames("/etc", machine); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(machine.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	return configureDevice(machine)
}

func setClock(milliseconds int64) error {
	if milliseconds <= 0 {
		return wire.Errorf("EINVAL", "%d is not a time", milliseconds)
	}
	now := unix.NsecToTimespec(milliseconds * int64(time.Millisecond))
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		return fmt.Errorf("setting the clock: %w", err)
	}
	return nil
}

// addEntropy credits the bytes to the kernel's pool and makes the generator take them at once.
func addEntropy(encoded string) error {
	const least = 32
	seed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(seed) < least {
		return wire.Errorf("EINVAL", "entropy is not base64 of at least %d bytes", least)
	}
	pool, err := os.OpenFile("/dev/urandom", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer pool.Close()
	// struct rand_pool_info: entropy_count in bits, buf_size in bytes, then the bytes.
	info := make([]uint32, 2+(len(seed)+3)/4)
	info[0], info[1] = uint32(len(seed)*8), uint32(len(seed))
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&info[2])), len(seed)), seed)
	if _, _, number := syscall.Syscall(syscall.SYS_IOCTL, pool.Fd(), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&info[0]))); number != 0 {
		return fmt.Errorf("adding entropy: %w", number)
	}
	if err := unix.IoctlSetInt(int(pool.Fd()), unix.RNDRESEEDCRNG, 0); err != nil {
		return fmt.Errorf("reseeding the random generator: %w", err)
	}
	return nil
}

// writeNames writes hostname, hosts and machine-id into a directory, which is /etc.
func writeNames(directory string, machine Machine) error {
	if machine.Hostname == "" || strings.ContainsAny(machine.Hostname, " \t\n/") {
		return wire.Errorf("EINVAL", "%q is not a host name", machine.Hostname)
	}
	if len(machine.MachineID) != 32 || strings.Trim(machine.MachineID, "0123456789abcdef") != "" {
		return wire.Errorf("EINVAL", "a machine id is 32 hexadecimal digits")
	}
	files := map[string]string{
		"hostname":   machine.Hostname + "\n",
		"hosts":      hosts(machine),
		"machine-id": machine.MachineID + "\n",
	}
	for name, content := range files {
		if err := os.WriteFile(directory+"/"+name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func configureDevice(machine Machine) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		if machine.Address == "" {
			return nil
		}
		return fmt.Errorf("%s: %w", device, err)
	}
	hardware, err := net.ParseMAC(machine.MAC)
	if err != nil {
		return wire.Errorf("EINVAL", "mac: %v", err)
	}
	if link.Attrs().HardwareAddr.String() != hardware.String() {
		if err := netlink.LinkSetDown(link); err != nil {
			return fmt.Errorf("%s down: %w", device, err)
		}
		if err := netlink.LinkSetHardwareAddr(link, hardware); err != nil {
			return fmt.Errorf("MAC address of %s: %w", device, err)
		}
	}
	if err := replaceAddress(link, machine.Address); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", device, err)
	}
	if machine.Gateway == "" {
		return nil
	}
	gateway := net.ParseIP(machine.Gateway)
	if gateway == nil {
		return wire.Errorf("EINVAL", "the gateway %q is not an address", machine.Gateway)
	}
	if err := netlink.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gateway}); err != nil {
		return fmt.Errorf("default route via %s: %w", machine.Gateway, err)
	}
	return nil
}

// replaceAddress leaves the device with this one address, or none.
func replaceAddress(link netlink.Link, address string) error {
	old, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return fmt.Errorf("addresses of %s: %w", device, err)
	}
	for i := range old {
		if old[i].IPNet.String() == address {
			address = ""
			continue
		}
		if err := netlink.AddrDel(link, &old[i]); err != nil {
			return fmt.Errorf("removing %s: %w", old[i].IPNet, err)
		}
	}
	if address == "" {
		return nil
	}
	parsed, err := netlink.ParseAddr(address)
	if err != nil {
		return wire.Errorf("EINVAL", "the address %q: %v", address, err)
	}
	if err := netlink.AddrReplace(link, parsed); err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	return nil
}
