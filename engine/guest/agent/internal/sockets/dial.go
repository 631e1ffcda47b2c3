package sockets

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"time"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/network"
	"drydock/agent/internal/wire"
)

type dialRequest struct {
	Network string `json:"network"`
	Address string `json:"address"`
	Sandbox string `json:"sandbox"`
	// TimeoutMs bounds the connection and the TLS handshake; 0 means as long as the kernel tries.
	TimeoutMs int64 `json:"timeoutMs"`
	TLS       *struct {
		ServerName string `json:"serverName"`
		// Authorities are PEM; nothing is verified without any.
		Authorities string   `json:"authorities"`
		Certificate string   `json:"certificate"`
		Key         string   `json:"key"`
		Protocols   []string `json:"protocols"`
	} `json:"tls"`
}

func dial(stream *mux.Stream, request dialRequest) error {
	deadline := time.Time{}
	if request.TimeoutMs > 0 {
		deadline = time.Now().Add(time.Duration(request.TimeoutMs) * time.Millisecond)
	}
	dialer := net.Dialer{Deadline: deadline}
	var connection net.Conn
	var err error
	if request.Sandbox != "" {
		err = network.Inside(request.Sandbox, func() error {
			connection, err = connect(dialer, request)
			return err
		})
	} else {
		connection, err = connect(dialer, request)
	}
	if err != nil {
		return err
	}
	defer func() { connection.Close() }()
	if request.TLS != nil {
		if connection, err = secure(connection, request, deadline); err != nil {
			return err
		}
	}
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	join(stream, halfOf(connection))
	return nil
}

// connect stays on the calling thread, whose network namespace counts.
func connect(dialer net.Dialer, request dialRequest) (net.Conn, error) {
	switch request.Network {
	case "tcp":
		// The guest kernel has no IPv6; asking for tcp4 saves a second lookup.
		connection, err := dialer.Dial("tcp4", request.Address)
		// Kubernetes' events have the words that dialling "tcp" gives.
		if failure, ok := err.(*net.OpError); ok {
			failure.Net = "tcp"
		}
		return connection, err
	case "unix":
		return dialer.Dial("unix", request.Address)
	}
	return nil, wire.Errorf("EINVAL", "the network %q is neither tcp nor unix", request.Network)
}

// secure returns a connection to be closed also when it fails.
func secure(connection net.Conn, request dialRequest, deadline time.Time) (net.Conn, error) {
	asked := request.TLS
	config := &tls.Config{
		ServerName:         asked.ServerName,
		InsecureSkipVerify: asked.Authorities == "",
		NextProtos:         asked.Protocols,
	}
	if asked.Authorities != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(asked.Authorities))
	}
	if asked.Certificate != "" {
		own, err := tls.X509KeyPair([]byte(asked.Certificate), []byte(asked.Key))
		if err != nil {
			return connection, wire.Errorf("EINVAL", "the certificate: %v", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	secured := tls.Client(connection, config)
	_ = connection.SetDeadline(deadline)
	if err := secured.Handshake(); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return secured, err
		}
		return secured, wire.Errorf(codeTLS, "%v", err)
	}
	return secured, connection.SetDeadline(time.Time{})
}
