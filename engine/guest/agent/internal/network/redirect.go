package network

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const (
	questionTable = "docker-dns"
	// offsets in an IPv4 header, and in a TCP or UDP header
	destinationAddress = 16
	destinationPort    = 2
	domainPort         = 53
	// registers of the nftables machine
	register1, register2 = 1, 2
)

// redirectQuestions sends what goes to port 53 of the name server to where it listens. It
// runs on a thread inside the sandbox.
func redirectQuestions(udpPort, tcpPort uint16) error {
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	table := &nftables.Table{Name: questionTable, Family: nftables.TableFamilyIPv4}
	// Twice, with a removal between: what an earlier agent left must go.
	connection.AddTable(table)
	connection.DelTable(table)
	connection.AddTable(table)
	chain := connection.AddChain(&nftables.Chain{
		Name: "output", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityNATDest,
	})
	for _, target := range []struct {
		protocol byte
		port     uint16
	}{{unix.IPPROTO_UDP, udpPort}, {unix.IPPROTO_TCP, tcpPort}} {
		connection.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
			&expr.Payload{DestRegister: register1, Base: expr.PayloadBaseNetworkHeader, Offset: destinationAddress, Len: 4},
			&expr.Cmp{Op: expr.CmpOpEq, Register: register1, Data: nameServer.To4()},
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: register1, Data: []byte{target.protocol}},
			&expr.Payload{DestRegister: register1, Base: expr.PayloadBaseTransportHeader, Offset: destinationPort, Len: 2},
			&expr.Cmp{Op: expr.CmpOpEq, Register: register1, Data: binaryutil.BigEndian.PutUint16(domainPort)},
			&expr.Immediate{Register: register1, Data: nameServer.To4()},
			&expr.Immediate{Register: register2, Data: binaryutil.BigEndian.PutUint16(target.port)},
			&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: register1, RegProtoMin: register2},
		}})
	}
	if err := connection.Flush(); err != nil {
		return fmt.Errorf("sending questions to the name server: %w", err)
	}
	return nil
}
