package sockets

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

type listenRequest struct {
	Network string     `json:"network"`
	Address string     `json:"address"`
	Mode    *uint32    `json:"mode"`
	TLS     *serverTLS `json:"tls"`
}

type incomingConnection struct {
	ListenerID uint32 `json:"listenerId"`
	Remote     string `json:"remote"`
	Local      string `json:"local"`
	// Certificates a client has shown, leaf first, DER
	Certificates [][]byte `json:"certificates,omitempty"`
}

var listeners atomic.Uint32

// listen accepts connections for as long as its stream is open.
func listen(stream *mux.Stream, request listenRequest) error {
	listener, err := bind(request)
	if err != nil {
		return err
	}
	defer listener.Close()
	// The next session may bind the same address at once.
	defer stream.Session().OnEnd(func() { listener.Close() })()
	id := listeners.Add(1)
	if err := stream.Reply(map[string]uint32{"listenerId": id}); err != nil {
		return err
	}
	gone := stream.Gone()
	go func() {
		<-gone
		listener.Close()
	}()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return nil
		}
		go relay(stream.Session(), id, connection)
	}
}

func relay(session *mux.Session, id uint32, connection net.Conn) {
	defer connection.Close()
	certificates, err := shown(connection)
	if err != nil {
		return
	}
	stream, err := session.Open(incomingConnection{id, connection.RemoteAddr().String(), connection.LocalAddr().String(), certificates})
	if err != nil {
		return
	}
	join(closeIsHalf{stream}, halfOf(connection))
}

func bind(request listenRequest) (net.Listener, error) {
	var listener net.Listener
	var err error
	switch request.Network {
	case "tcp":
		listener, err = net.Listen("tcp4", request.Address)
	case "unix":
		listener, err = bindUnix(request.Address, request.Mode)
	default:
		err = wire.Errorf("EINVAL", "the network %q is neither tcp nor unix", request.Network)
	}
	if err != nil || request.TLS == nil {
		return listener, err
	}
	config, err := request.TLS.config()
	if err != nil {
		listener.Close()
		return nil, err
	}
	return tls.NewListener(listener, config), nil
}

// bindUnix takes over a socket that nobody answers on, as one left by a machine's earlier life.
func bindUnix(path string, mode *uint32) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		probe, err := net.Dial("unix", path)
		if err == nil {
			probe.Close()
			return nil, wire.Errorf("EADDRINUSE", "listen unix %s: address already in use", path)
		}
		_ = os.Remove(path)
	}
	listener, err := net.Listen("unix", path)
	if err != nil || mode == nil {
		return listener, err
	}
	return listener, os.Chmod(path, os.FileMode(*mode&0o777))
}
