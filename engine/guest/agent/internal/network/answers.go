package network

import (
	"math/rand/v2"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// answerSeconds is how long an answer may be kept, as Docker has it
	answerSeconds = 600
	// mostAddresses keeps an answer within the 512 bytes that every client takes
	mostAddresses = 25
	reverseDomain = ".in-addr.arpa."
)

// answer returns the reply to a sandbox's question when it is about its neighbours, and nil
// when another server is to be asked. A question that cannot be read gets an error for a reply.
func (n *Network) answer(sandbox string, query []byte) []byte {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil || header.Response {
		return formatError(query)
	}
	question, err := parser.Question()
	if err != nil {
		return formatError(query)
	}
	name := question.Name.String()
	switch question.Type {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeMX:
		addresses, found := n.lookup(sandbox, name)
		if found {
			if question.Type != dnsmessage.TypeA {
				// The name is known, and has nothing of this type.
				addresses = nil
			}
			return reply(header, question, addressRecords(question.Name, addresses))
		}
		if n.keepsUnqualified(sandbox) && question.Type != dnsmessage.TypeMX && !strings.Contains(strings.TrimSuffix(name, "."), ".") {
			return reply(header, question, nil)
		}
	case dnsmessage.TypePTR:
		if host := n.reverse(sandbox, reversed(name)); host != "" {
			if target, err := dnsmessage.NewName(host + "."); err == nil {
				return reply(header, question, []dnsmessage.Resource{record(question.Name, dnsmessage.TypePTR, &dnsmessage.PTRResource{PTR: target})})
			}
		}
	}
	return nil
}

func addressRecords(name dnsmessage.Name, addresses []net.IP) []dnsmessage.Resource {
	rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
	var records []dnsmessage.Resource
	for _, address := range addresses[:min(len(addresses), mostAddresses)] {
		records = append(records, record(name, dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte(address.To4())}))
	}
	return records
}

func record(name dnsmessage.Name, kind dnsmessage.Type, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET, TTL: answerSeconds},
		Body:   body,
	}
}

func reply(query dnsmessage.Header, question dnsmessage.Question, answers []dnsmessage.Resource) []byte {
	message := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: query.ID, Response: true, OpCode: query.OpCode,
			RecursionDesired: query.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
		Answers:   answers,
	}
	packed, err := message.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// failure answers a question that no server answered; unknown says that there is no such name.
func failure(query []byte, unknown bool) []byte {
	code := dnsmessage.RCodeServerFailure
	if unknown {
		code = dnsmessage.RCodeNameError
	}
	return withCode(query, code)
}

func formatError(query []byte) []byte { return withCode(query, dnsmessage.RCodeFormatError) }

// withCode returns the query's header and question as a reply. Nothing answers less than a header.
func withCode(query []byte, code dnsmessage.RCode) []byte {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil
	}
	message := dnsmessage.Message{Header: dnsmessage.Header{
		ID: header.ID, Response: true, OpCode: header.OpCode,
		RecursionDesired: header.RecursionDesired, RecursionAvailable: true, RCode: code,
	}}
	if question, err := parser.Question(); err == nil {
		message.Questions = []dnsmessage.Question{question}
	}
	packed, err := message.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// reversed reads the address out of 2.0.18.172.in-addr.arpa.
func reversed(name string) net.IP {
	parts := strings.Split(strings.TrimSuffix(strings.ToLower(name), reverseDomain), ".")
	if len(parts) != net.IPv4len {
		return nil
	}
	address := make(net.IP, net.IPv4len)
	for i, part := range parts {
		value, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return nil
		}
		address[net.IPv4len-1-i] = byte(value)
	}
	return address
}
