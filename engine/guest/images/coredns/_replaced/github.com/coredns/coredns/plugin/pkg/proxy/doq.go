package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/miekg/dns"
)

// doqTransport stands for DNS over QUIC, which is not built in.
type doqTransport struct{}

func newDoQTransport(string, string) *doqTransport { return &doqTransport{} }

func (*doqTransport) exchange(context.Context, *dns.Msg, time.Duration) (*dns.Msg, net.Addr, error) {
	return nil, nil, errors.New("proxy: DNS over QUIC is not built in")
}

func (*doqTransport) setTLSConfig(*tls.Config)     {}
func (*doqTransport) setExpire(time.Duration)      {}
func (*doqTransport) setMaxAge(time.Duration)      {}
func (*doqTransport) setReadTimeout(time.Duration) {}
func (*doqTransport) setLocalAddress(net.IP)       {}
func (*doqTransport) start()                       {}
func (*doqTransport) stopTransport()               {}
