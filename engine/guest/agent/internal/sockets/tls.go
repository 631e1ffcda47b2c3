package sockets

import (
	"crypto/tls"
	"net"
	"time"

	"drydock/agent/internal/wire"
)

// codeTLS says that the two could not agree, or that the server is not who it has to be.
const codeTLS = "ETLS"

// handshakePatience is what kube-apiserver's HTTP server grants a client too.
const handshakePatience = 10 * time.Second

// serverTLS is what a listener shows of itself, and whether clients may show something too.
type serverTLS struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// RequestClientCertificate hands what a client shows to the host, unverified
	RequestClientCertificate bool `json:"requestClientCertificate"`
}

func (s serverTLS) config() (*tls.Config, error) {
	certificate, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
	if err != nil {
		return nil, wire.Errorf("EINVAL", "the certificate: %v", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}
	if s.RequestClientCertificate {
		config.ClientAuth = tls.RequestClientCert
	}
	return config, nil
}

// shown shakes hands, so that what the client shows is known before the host hears of it.
func shown(connection net.Conn) ([][]byte, error) {
	secured, ok := connection.(*tls.Conn)
	if !ok {
		return nil, nil
	}
	if err := secured.SetDeadline(time.Now().Add(handshakePatience)); err != nil {
		return nil, err
	}
	if err := secured.Handshake(); err != nil {
		return nil, err
	}
	var certificates [][]byte
	for _, certificate := range secured.ConnectionState().PeerCertificates {
		certificates = append(certificates, certificate.Raw)
	}
	return certificates, secured.SetDeadline(time.Time{})
}
