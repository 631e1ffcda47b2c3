package network

import (
	"encoding/hex"
	"net"
	"os"
	"testing"
)

func TestTableHasPort(t *testing.T) {
	table, err := os.ReadFile("testdata/proc-net-tcp")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host string
		port uint16
		want bool
	}{
		{"0.0.0.0", 80, true},
		{"10.0.0.11", 80, true},    // bound to every address
		{"0.0.0.0", 6443, true},    // bound to 127.0.0.1
		{"127.0.0.1", 6443, true},  //
		{"10.0.0.11", 6443, false}, // another address
		{"0.0.0.0", 22, false},     // only a connection has the port
		{"0.0.0.0", 8080, false},
	} {
		if got := tableHasPort(string(table), tcpListen, net.ParseIP(test.host).To4(), test.port); got != test.want {
			t.Errorf("%s:%d: %v", test.host, test.port, got)
		}
	}
}

func TestElements(t *testing.T) {
	for _, test := range []struct {
		port       PublishedPort
		set        string
		key, value string
	}{
		{PublishedPort{"tcp", "0.0.0.0", 8080, "172.17.0.2", 80}, "published_tcp", "1f90", "ac1100020050" + "0000"},
		{PublishedPort{"udp", "127.0.0.1", 53, "172.17.0.3", 5353}, "published_udp_at", "7f000001" + "00350000", "ac110003" + "14e90000"},
	} {
		set, element, err := test.port.element()
		if err != nil || set.Name != test.set || hex.EncodeToString(element.Key) != test.key || hex.EncodeToString(element.Val) != test.value {
			t.Errorf("%v: %s %x %x %v", test.port, set.Name, element.Key, element.Val, err)
		}
	}
	for _, port := range []PublishedPort{{"sctp", "0.0.0.0", 1, "172.17.0.2", 1}, {"tcp", "0.0.0.0", 1, "::1", 1}, {"tcp", "host", 1, "172.17.0.2", 1}} {
		if _, _, err := port.element(); err == nil {
			t.Errorf("%v was accepted", port)
		}
	}
}

func TestInterval(t *testing.T) {
	for subnet, want := range map[string]string{
		"172.17.0.0/16":    "ac110000-ac120000",
		"10.0.0.0/24":      "0a000000-0a000100",
		"192.168.1.128/25": "c0a80180-c0a80200",
		"255.0.0.0/8":      "ff000000-00000000",
	} {
		_, network, err := net.ParseCIDR(subnet)
		if err != nil {
			t.Fatal(err)
		}
		first, after := interval(network)
		if got := hex.EncodeToString(first) + "-" + hex.EncodeToString(after); got != want {
			t.Errorf("%s: %s, want %s", subnet, got, want)
		}
	}
}

func TestPublishedTwice(t *testing.T) {
	network := New(nil, nil)
	network.ports[PublishedPort{"tcp", "127.0.0.1", 80, "172.17.0.2", 80}] = struct{}{}
	for _, test := range []struct {
		port PublishedPort
		want bool
	}{
		{PublishedPort{"tcp", "0.0.0.0", 80, "172.17.0.3", 80}, true},
		{PublishedPort{"tcp", "127.0.0.1", 80, "172.17.0.3", 80}, true},
		{PublishedPort{"tcp", "10.0.0.11", 80, "172.17.0.3", 80}, false},
		{PublishedPort{"udp", "0.0.0.0", 80, "172.17.0.3", 80}, false},
		{PublishedPort{"tcp", "0.0.0.0", 81, "172.17.0.3", 80}, false},
	} {
		if got := network.published(test.port); got != test.want {
			t.Errorf("%v: %v", test.port, got)
		}
	}
}
