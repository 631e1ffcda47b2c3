package network

import (
	"net"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

func TestStaleFlows(t *testing.T) {
	flows, err := newStaleFlows(forgetRequest{"udp", []flowDestination{
		{"10.96.0.10", 53, []string{"10.244.1.2:53", "10.244.2.2:53"}},
		{"10.96.0.20", 53, nil},
		{"", 30053, []string{"10.244.1.2:53"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		protocol  uint8
		to        string
		port      uint16
		answering string
		from      uint16
		stale     bool
	}{
		{syscall.IPPROTO_UDP, "10.96.0.10", 53, "10.244.1.2", 53, false},
		{syscall.IPPROTO_UDP, "10.96.0.10", 53, "10.244.1.9", 53, true},
		{syscall.IPPROTO_UDP, "10.96.0.10", 53, "10.244.1.2", 54, true},
		{syscall.IPPROTO_TCP, "10.96.0.10", 53, "10.244.1.9", 53, false},
		{syscall.IPPROTO_UDP, "10.96.0.20", 53, "10.244.1.2", 53, true},
		{syscall.IPPROTO_UDP, "10.96.0.30", 53, "10.244.1.9", 53, false},
		{syscall.IPPROTO_UDP, "10.0.0.11", 30053, "10.244.1.2", 53, false},
		{syscall.IPPROTO_UDP, "10.0.0.12", 30053, "10.244.1.9", 53, true},
	} {
		flow := &netlink.ConntrackFlow{
			Forward: netlink.IPTuple{Protocol: test.protocol, DstIP: net.ParseIP(test.to), DstPort: test.port},
			Reverse: netlink.IPTuple{Protocol: test.protocol, SrcIP: net.ParseIP(test.answering), SrcPort: test.from},
		}
		if stale := flows.MatchConntrackFlow(flow); stale != test.stale {
			t.Errorf("%s:%d answered by %s:%d: stale is %v", test.to, test.port, test.answering, test.from, stale)
		}
	}
	if _, err := newStaleFlows(forgetRequest{Protocol: "gre"}); err == nil {
		t.Error("gre has no ports")
	}
}
