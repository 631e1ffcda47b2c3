package cniplugin

import (
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"testing"

	"drydock/agent/internal/cni"
)

func open(t *testing.T, directory, subnet string) (*leases, error) {
	t.Helper()
	settings := configuration{Name: "net"}
	settings.IPAM.Subnet = subnet
	return leasesIn(directory, settings)
}

func TestLeases(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "net")
	taken, err := open(t, directory, "10.244.1.0/29")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.close()
	call := func(id string) cni.Call { return cni.Call{ContainerID: id, IfName: "eth0"} }
	// The first address is the gateway's, the last one the broadcast's.
	for _, want := range []string{"10.244.1.2", "10.244.1.3", "10.244.1.4", "10.244.1.5", "10.244.1.6"} {
		if ip, err := taken.take(call(want)); err != nil || dotted(ip) != want {
			t.Fatalf("%s: %s %v", want, dotted(ip), err)
		}
	}
	if _, err := taken.take(call("more")); err == nil || err.Error() != "no IP addresses available in range set: 10.244.1.1-10.244.1.6" {
		t.Error(err)
	}
	if text, _ := os.ReadFile(filepath.Join(directory, "10.244.1.3")); string(text) != "10.244.1.3\r\neth0" {
		t.Errorf("%q", text)
	}
	for _, id := range []string{"10.244.1.3", "10.244.1.5"} {
		mine, err := taken.of(call(id))
		if err != nil || len(mine) != 1 || dotted(mine[0]) != id {
			t.Fatalf("%s: %v %v", id, mine, err)
		}
		if err := taken.giveBack(mine[0]); err != nil {
			t.Fatal(err)
		}
	}
	if ip, err := taken.take(call("next")); err != nil || dotted(ip) != "10.244.1.3" {
		t.Error(dotted(ip), err)
	}
	if ip, err := taken.take(call("after")); err != nil || dotted(ip) != "10.244.1.5" {
		t.Error(dotted(ip), err)
	}
}

func TestLeaseErrors(t *testing.T) {
	for subnet, want := range map[string]string{
		"":              "invalid CIDR address: ",
		"10.244.1.0/31": "Network 10.244.1.0/31 too small to allocate from",
		"fd00::/64":     "invalid CIDR address: fd00::/64",
	} {
		if _, err := open(t, t.TempDir(), subnet); err == nil || err.Error() != want {
			t.Errorf("%q: %v", subnet, err)
		}
	}
}

func TestElements(t *testing.T) {
	elements, err := elementsFor("10.244.1.2", []portMapping{
		{HostPort: 8080, ContainerPort: 80, Protocol: "tcp"},
		{HostPort: 53, ContainerPort: 5353, Protocol: "UDP", HostIP: "10.0.0.12"},
		{ContainerPort: 9090, Protocol: "tcp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ set, key, value string }{
		{"published_tcp", "1f90", "0af4010200500000"},
		{"published_udp_at", "0a00000c00350000", "0af4010214e90000"},
		{"hairpin", "0af401020af40102", ""},
		{"pods", "0af40102", ""},
	} {
		one := elements[i]
		if one.set.Name != want.set || hex.EncodeToString(one.Key) != want.key || hex.EncodeToString(one.Val) != want.value {
			t.Errorf("%s %x %x", one.set.Name, one.Key, one.Val)
		}
	}
	if _, err := elementsFor("10.244.1.2", []portMapping{{HostPort: 1, ContainerPort: 1, Protocol: "sctp"}}); err == nil {
		t.Error("sctp was accepted")
	}
	if none, err := elementsFor("10.244.1.2", []portMapping{{ContainerPort: 80, Protocol: "tcp"}}); err != nil || none != nil {
		t.Error(none, err)
	}
}

func TestServe(t *testing.T) {
	plugin := New(nil)
	if output, err := plugin.Serve(cni.Call{Command: "VERSION"}); err != nil || string(output) != `{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}` {
		t.Errorf("%s %v", output, err)
	}
	for want, call := range map[string]cni.Call{
		"required env variables [CNI_COMMAND] missing":          {},
		"required env variables [CNI_NETNS,CNI_IFNAME] missing": {Command: "ADD", ContainerID: "pod"},
		"unknown CNI_COMMAND: DANCE":                            {Command: "DANCE"},
		`incompatible CNI versions; config is "0.4.0", plugin supports ["1.0.0"]`: {
			Command: "DEL", ContainerID: "pod", IfName: "eth0", Stdin: []byte(`{"cniVersion":"0.4.0","name":"net","type":"drydock"}`),
		},
	} {
		if _, err := plugin.Serve(call); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestHardware(t *testing.T) {
	if got := hardwareOf(net.ParseIP("10.244.1.2")).String(); got != "0a:58:0a:f4:01:02" {
		t.Error(got)
	}
}
