// Package web refuses to serve metrics over TLS, which would bring systemd, YAML and templates along.
package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
)

var errNotBuiltIn = errors.New("metrics over TLS are not built in")

type FlagConfig struct {
	WebListenAddresses *[]string
	WebSystemdSocket   *bool
	WebConfigFile      *string
}

func Validate(string) error { return errNotBuiltIn }

func Serve(net.Listener, *http.Server, *FlagConfig, *slog.Logger) error { return errNotBuiltIn }
