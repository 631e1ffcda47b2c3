package network

import (
	"encoding/hex"
	"net"
	"os"
	"strconv"
	"strings"
)

// The states in which /proc/net/tcp and /proc/net/udp show a socket that owns its port.
const (
	tcpListen   = "0A"
	udpUnbound  = "07"
	addressText = 8
)

// listens tells whether a process of the machine has the port.
func listens(port PublishedPort) (bool, error) {
	table, err := os.ReadFile("/proc/net/" + port.Protocol)
	if err != nil {
		return false, err
	}
	state := tcpListen
	if port.Protocol == "udp" {
		state = udpUnbound
	}
	return tableHasPort(string(table), state, net.ParseIP(port.HostAddress).To4(), port.HostPort), nil
}

// tableHasPort searches a table as /proc/net/tcp is. Addresses there are hexadecimal in
// the machine's byte order, which is little-endian.
func tableHasPort(table, state string, host net.IP, port uint16) bool {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != state {
			continue
		}
		address, number, ok := strings.Cut(fields[1], ":")
		if value, err := strconv.ParseUint(number, 16, 16); !ok || err != nil || uint16(value) != port {
			continue
		}
		bytes, err := hex.DecodeString(address)
		if err != nil || len(address) != addressText {
			continue
		}
		bound := net.IPv4(bytes[3], bytes[2], bytes[1], bytes[0])
		if bound.IsUnspecified() || host == nil || host.IsUnspecified() || bound.Equal(host) {
			return true
		}
	}
	return false
}
