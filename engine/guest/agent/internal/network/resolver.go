package network

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// nameServer is where a sandbox finds the embedded name server, as under Docker.
var nameServer = net.IPv4(127, 0, 0, 11)

const (
	dnsPort = "53"
	// forwardTimeout bounds the wait for one server's answer
	forwardTimeout = 2 * time.Second
	// idleTimeout ends a TCP connection that asks nothing
	idleTimeout = 10 * time.Second
	// packetBytes is room for any answer over UDP
	packetBytes = 4096
)

// resolver answers the questions of one sandbox. Its sockets are in the sandbox's network
// namespace; questions to other servers leave from the machine's.
type resolver struct {
	network     *Network
	sandbox     string
	packets     *net.UDPConn
	connections *net.TCPListener
}

// startResolver runs on a thread inside the sandbox. Without DNS it does nothing.
func (n *Network) startResolver(held *held) error {
	if held.DNS == nil {
		return nil
	}
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: nameServer})
	if err != nil {
		return err
	}
	connections, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: nameServer})
	if err != nil {
		packets.Close()
		return err
	}
	held.resolver = &resolver{n, held.ID, packets, connections}
	// Port 53 itself stays free, for a container that is a name server.
	udpPort := packets.LocalAddr().(*net.UDPAddr).Port
	tcpPort := connections.Addr().(*net.TCPAddr).Port
	if err := redirectQuestions(uint16(udpPort), uint16(tcpPort)); err != nil {
		held.resolver.close()
		held.resolver = nil
		return err
	}
	go held.resolver.servePackets()
	go held.resolver.serveConnections()
	return nil
}

func (r *resolver) close() {
	r.packets.Close()
	r.connections.Close()
}

func (r *resolver) servePackets() {
	buffer := make([]byte, packetBytes)
	for {
		length, from, err := r.packets.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		if reply := r.network.answer(r.sandbox, buffer[:length]); reply != nil {
			_, _ = r.packets.WriteToUDPAddrPort(reply, from)
			continue
		}
		query := append([]byte(nil), buffer[:length]...)
		go func() {
			if reply := r.forward("udp4", query); reply != nil {
				_, _ = r.packets.WriteToUDPAddrPort(reply, from)
			}
		}()
	}
}

func (r *resolver) serveConnections() {
	for {
		connection, err := r.connections.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go func() {
			defer connection.Close()
			for {
				_ = connection.SetDeadline(time.Now().Add(idleTimeout))
				query, err := readPrefixed(connection)
				if err != nil {
					return
				}
				reply := r.network.answer(r.sandbox, query)
				if reply == nil {
					reply = r.forward("tcp4", query)
				}
				if reply == nil || writePrefixed(connection, reply) != nil {
					return
				}
			}
		}()
	}
}

// forward asks one server after the other, and answers itself when none does.
func (r *resolver) forward(protocol string, query []byte) []byte {
	servers := r.network.serversOf(r.sandbox)
	for _, server := range servers {
		if reply, err := ask(protocol, server, query); err == nil {
			return reply
		}
	}
	// Where there is no other server, what no neighbour is called is nobody's name.
	return failure(query, len(servers) == 0)
}

func ask(protocol, server string, query []byte) ([]byte, error) {
	connection, err := net.DialTimeout(protocol, net.JoinHostPort(server, dnsPort), forwardTimeout)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(forwardTimeout))
	if protocol == "tcp4" {
		if err := writePrefixed(connection, query); err != nil {
			return nil, err
		}
		return readPrefixed(connection)
	}
	if _, err := connection.Write(query); err != nil {
		return nil, err
	}
	reply := make([]byte, packetBytes)
	length, err := connection.Read(reply)
	if err == nil && length < 2 || err == nil && [2]byte(reply[:2]) != [2]byte(query[:2]) {
		err = os.ErrInvalid
	}
	return reply[:length], err
}

// readPrefixed reads a message of DNS over TCP: its length in two bytes, then the message.
func readPrefixed(connection io.Reader) ([]byte, error) {
	var prefix [2]byte
	if _, err := io.ReadFull(connection, prefix[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(prefix[:]))
	_, err := io.ReadFull(connection, message)
	return message, err
}

func writePrefixed(connection io.Writer, message []byte) error {
	_, err := connection.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}
