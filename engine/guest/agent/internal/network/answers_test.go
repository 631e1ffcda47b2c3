package network

import (
	"net"
	"slices"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// world has web and db on a network backend, web also on front, and a stranger elsewhere.
func world() *Network {
	network := New(nil, nil)
	add := func(id string, dns *DNS, endpoints ...Endpoint) {
		network.sandboxes[id] = &held{Sandbox: Sandbox{ID: id, Mode: "bridge", DNS: dns, Endpoints: endpoints}}
	}
	backend := func(address string, names ...string) Endpoint {
		return Endpoint{Network: "backend", Bridge: "br-1", Address: address, Names: names}
	}
	front := func(address string, names ...string) Endpoint {
		return Endpoint{Network: "front", Bridge: "br-2", Address: address, Names: names}
	}
	add("web", &DNS{Links: map[string]string{"store": "db"}}, backend("172.18.0.2/16", "web", "www"), front("172.19.0.2/16", "web"))
	add("db", &DNS{KeepsUnqualified: true}, backend("172.18.0.3/16", "db", "data"))
	add("db2", &DNS{}, backend("172.18.0.4/16", "db2", "data"))
	add("stranger", &DNS{}, front("172.19.0.3/16", "stranger"))
	return network
}

func TestAnswer(t *testing.T) {
	network := world()
	for _, test := range []struct {
		asking, name string
		kind         dnsmessage.Type
		answered     bool
		want         []string
	}{
		{"db", "web.", dnsmessage.TypeA, true, []string{"172.18.0.2"}},
		{"db", "WWW.", dnsmessage.TypeA, true, []string{"172.18.0.2"}},
		{"db", "web.backend.", dnsmessage.TypeA, true, []string{"172.18.0.2"}},
		{"db", "web.front.", dnsmessage.TypeA, false, nil},
		{"db", "web.", dnsmessage.TypeAAAA, true, nil},
		{"db", "web.", dnsmessage.TypeMX, true, nil},
		{"web", "data.", dnsmessage.TypeA, true, []string{"172.18.0.3", "172.18.0.4"}},
		{"web", "store.", dnsmessage.TypeA, true, []string{"172.18.0.3"}},
		{"web", "stranger.", dnsmessage.TypeA, true, []string{"172.19.0.3"}},
		{"db", "stranger.", dnsmessage.TypeA, true, nil}, // it keeps unqualified names to itself
		{"db2", "stranger.", dnsmessage.TypeA, false, nil},
		{"db2", "example.org.", dnsmessage.TypeA, false, nil},
		{"db", "2.0.18.172.in-addr.arpa.", dnsmessage.TypePTR, true, []string{"web.backend."}},
		{"db", "3.0.19.172.in-addr.arpa.", dnsmessage.TypePTR, false, nil},
		{"nobody", "web.", dnsmessage.TypeA, false, nil},
	} {
		reply := network.answer(test.asking, question(t, test.name, test.kind))
		if (reply != nil) != test.answered {
			t.Errorf("%s asks for %s %s: answered is %v", test.asking, test.name, test.kind, reply != nil)
			continue
		}
		if got := answers(t, reply); !slices.Equal(got, test.want) {
			t.Errorf("%s asks for %s %s: %v, want %v", test.asking, test.name, test.kind, got, test.want)
		}
	}
}

func TestUnreadableQuestions(t *testing.T) {
	network := world()
	for _, query := range [][]byte{nil, {1, 2, 3}, make([]byte, 12), question(t, "web.", dnsmessage.TypeA)[:14]} {
		if reply := network.answer("db", query); len(reply) > 0 {
			var message dnsmessage.Message
			if err := message.Unpack(reply); err != nil || message.RCode != dnsmessage.RCodeFormatError {
				t.Errorf("%v: %v %v", query, message, err)
			}
		}
	}
}

func TestFailure(t *testing.T) {
	for unknown, want := range map[bool]dnsmessage.RCode{true: dnsmessage.RCodeNameError, false: dnsmessage.RCodeServerFailure} {
		var message dnsmessage.Message
		if err := message.Unpack(failure(question(t, "x.", dnsmessage.TypeA), unknown)); err != nil || message.RCode != want || len(message.Questions) != 1 {
			t.Errorf("%v: %v %v", unknown, message, err)
		}
	}
}

func question(t *testing.T, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	message := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	}
	packed, err := message.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func answers(t *testing.T, reply []byte) []string {
	t.Helper()
	if reply == nil {
		return nil
	}
	var message dnsmessage.Message
	if err := message.Unpack(reply); err != nil || message.ID != 7 || !message.RecursionAvailable || message.RCode != dnsmessage.RCodeSuccess {
		t.Fatalf("%v: %v", message, err)
	}
	var texts []string
	for _, answer := range message.Answers {
		switch body := answer.Body.(type) {
		case *dnsmessage.AResource:
			texts = append(texts, net.IP(body.A[:]).String())
		case *dnsmessage.PTRResource:
			texts = append(texts, body.PTR.String())
		}
	}
	slices.Sort(texts)
	return texts
}
