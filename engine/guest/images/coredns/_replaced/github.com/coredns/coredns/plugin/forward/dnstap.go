package forward

import (
	"context"
	"net"
	"time"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// toDnstap has nobody to tell: dnstap is not built in.
func toDnstap(context.Context, *Forward, string, net.Addr, string, request.Request, *dns.Msg, time.Time) {
}
