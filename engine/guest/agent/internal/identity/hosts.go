package identity

import (
	"sort"
	"strings"
)

// hosts renders /etc/hosts.
func hosts(machine Machine) string {
	var out strings.Builder
	line := func(address string, names ...string) {
		out.WriteString(address + "\t" + strings.Join(names, " ") + "\n")
	}
	line("127.0.0.1", "localhost")
	own, _, _ := strings.Cut(machine.Address, "/")
	if own == "" {
		own = "127.0.1.1"
	}
	line(own, machine.Hostname)
	addresses := make([]string, 0, len(machine.Hosts))
	for address := range machine.Hosts {
		addresses = append(addresses, address)
	}
	sort.Strings(addresses)
	for _, address := range addresses {
		line(address, machine.Hosts[address]...)
	}
	return out.String()
}
