// Package dnstap is the type that other plugins name; nobody makes one.
package dnstap

import (
	"context"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

type Dnstap struct{ Next plugin.Handler }

func (d *Dnstap) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	return plugin.NextOrFailure(d.Name(), d.Next, ctx, w, r)
}

func (*Dnstap) Name() string { return "dnstap" }
