package cniplugin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"drydock/agent/internal/cni"

	"golang.org/x/sys/unix"
)

// leaseDirectory, the names in it and what the files hold are those of the plugin host-local.
const (
	leaseDirectory = "/var/lib/cni/networks"
	lastName       = "last_reserved_ip.0"
	lockName       = "lock"
	ownerBreak     = "\r\n"
)

// leases is a directory with a file for each address that is taken.
type leases struct {
	directory string
	lock      *os.File
	subnet    *net.IPNet
	gateway   uint32
	// first and last address that a Pod may get
	first, last uint32
}

// openLeases waits until no other process uses them.
func openLeases(settings configuration) (*leases, error) {
	directory := filepath.Join(leaseDirectory, settings.Name)
	return leasesIn(directory, settings)
}

func leasesIn(directory string, settings configuration) (*leases, error) {
	invalid := func(format string, arguments ...any) error {
		return &cni.Error{Code: codeConfiguration, Msg: fmt.Sprintf(format, arguments...)}
	}
	if settings.Name == "" || strings.ContainsRune(settings.Name, '/') {
		return nil, invalid("invalid network name %q", settings.Name)
	}
	ip, subnet, err := net.ParseCIDR(settings.IPAM.Subnet)
	if err != nil || ip.To4() == nil {
		return nil, invalid("invalid CIDR address: %s", settings.IPAM.Subnet)
	}
	ones, bits := subnet.Mask.Size()
	const smallest = 30
	if ones > smallest || bits != 32 {
		return nil, invalid("Network %s too small to allocate from", subnet)
	}
	base := number(subnet.IP)
	taken := &leases{directory: directory, subnet: subnet, gateway: base + 1, first: base + 1, last: base + 1<<(32-ones) - 2}
	for _, limit := range []struct {
		name  string
		given net.IP
		value *uint32
	}{{"gateway", settings.IPAM.Gateway, &taken.gateway}, {"RangeStart", settings.IPAM.RangeStart, &taken.first}, {"RangeEnd", settings.IPAM.RangeEnd, &taken.last}} {
		if limit.given == nil {
			continue
		}
		if !subnet.Contains(limit.given) {
			return nil, invalid("%s %s not in network %s", limit.name, limit.given, subnet)
		}
		*limit.value = number(limit.given)
	}
	if taken.first > taken.last {
		return nil, invalid("RangeStart %s is after RangeEnd %s in network %s", dotted(taken.first), dotted(taken.last), subnet)
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	if taken.lock, err = os.OpenFile(filepath.Join(directory, lockName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	return taken, unix.Flock(int(taken.lock.Fd()), unix.LOCK_EX)
}

func (l *leases) close() { l.lock.Close() }

func (l *leases) path(ip uint32) string { return filepath.Join(l.directory, dotted(ip)) }

func owner(call cni.Call) string { return call.ContainerID + ownerBreak + call.IfName }

// take gives the next free address after the one given last, so that one that was just given
// back is not used at once.
func (l *leases) take(call cni.Call) (uint32, error) {
	candidate := l.last
	if text, err := os.ReadFile(filepath.Join(l.directory, lastName)); err == nil {
		if ip := net.ParseIP(string(text)).To4(); ip != nil && number(ip) >= l.first && number(ip) <= l.last {
			candidate = number(ip)
		}
	}
	for range l.last - l.first + 1 {
		candidate++
		if candidate > l.last {
			candidate = l.first
		}
		if candidate == l.gateway {
			continue
		}
		file, err := os.OpenFile(l.path(candidate), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		_, err = file.WriteString(owner(call))
		if closing := file.Close(); err == nil {
			err = closing
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(l.directory, lastName), []byte(dotted(candidate)), 0o600)
		}
		return candidate, err
	}
	return 0, fmt.Errorf("no IP addresses available in range set: %s-%s", dotted(l.first), dotted(l.last))
}

// of returns the addresses that a container has.
func (l *leases) of(call cni.Call) ([]uint32, error) {
	entries, err := os.ReadDir(l.directory)
	if err != nil {
		return nil, err
	}
	var found []uint32
	for _, entry := range entries {
		ip := net.ParseIP(entry.Name()).To4()
		if ip == nil {
			continue
		}
		text, err := os.ReadFile(l.path(number(ip)))
		if err == nil && string(text) == owner(call) {
			found = append(found, number(ip))
		}
	}
	return found, nil
}

func (l *leases) giveBack(ip uint32) error {
	if err := os.Remove(l.path(ip)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func number(ip net.IP) uint32 {
	four := ip.To4()
	return uint32(four[0])<<24 | uint32(four[1])<<16 | uint32(four[2])<<8 | uint32(four[3])
}

func dotted(ip uint32) string { return ipOf(ip).String() }

func ipOf(ip uint32) net.IP { return net.IPv4(byte(ip>>24), byte(ip>>16), byte(ip>>8), byte(ip)).To4() }
