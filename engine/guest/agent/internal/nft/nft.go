// Package nft loads tables as `nft` reads them, and builds the elements of their maps.
package nft

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"

	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"

	"github.com/google/nftables"
)

const program = "/usr/sbin/nft"

// EndpointType is `ipv4_addr . inet_service`.
var EndpointType = nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService)

// HasTable tells whether the kernel has a table of this name and family.
func HasTable(connection *nftables.Conn, table *nftables.Table) (bool, error) {
	tables, err := connection.ListTablesOfFamily(table.Family)
	if err != nil {
		return false, err
	}
	for _, other := range tables {
		if other.Name == table.Name {
			return true, nil
		}
	}
	return false, nil
}

// Load runs `nft -f` with the rules.
func Load(reaper *process.Reaper, rules string) error {
	input, err := os.CreateTemp("", "rules.nft")
	if err != nil {
		return err
	}
	defer input.Close()
	_ = os.Remove(input.Name())
	output, err := os.CreateTemp("", "rules.nft.log")
	if err != nil {
		return err
	}
	defer output.Close()
	_ = os.Remove(output.Name())
	if _, err := input.WriteString(rules); err != nil {
		return err
	}
	if _, err := input.Seek(0, io.SeekStart); err != nil {
		return err
	}
	child, err := reaper.Start(program, []string{"nft", "-f", "-"}, &syscall.ProcAttr{
		Env: []string{}, Files: []uintptr{input.Fd(), output.Fd(), output.Fd()},
	})
	if err != nil {
		return &os.PathError{Op: "start", Path: program, Err: err}
	}
	if exit := child.Wait(); exit.Code != 0 {
		message := make([]byte, 4096)
		length, _ := output.ReadAt(message, 0)
		return wire.Errorf("EIO", "nft -f: %s", message[:length])
	}
	return nil
}

// Endpoint is an element of EndpointType: each part fills whole registers of 4 bytes.
func Endpoint(address string, port uint16) ([]byte, error) {
	ip := net.ParseIP(address).To4()
	if ip == nil {
		return nil, wire.Errorf("EINVAL", "%q is not an IPv4 address", address)
	}
	return append(binary.BigEndian.AppendUint16(append([]byte{}, ip...), port), 0, 0), nil
}
