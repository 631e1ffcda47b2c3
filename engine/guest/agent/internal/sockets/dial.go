package sockets

import (
	"net"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/network"
	"drydock/agent/internal/wire"
)

type dialRequest struct {
	Network string `json:"network"`
	Address string `json:"address"`
	Sandbox string `json:"sandbox"`
}

func dial(stream *mux.Stream, request dialRequest) error {
	var connection net.Conn
	var err error
	if request.Sandbox != "" {
		err = network.Inside(request.Sandbox, func() error {
			connection, err = connect(request)
			return err
		})
	} else {
		connection, err = connect(request)
	}
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	join(stream, halfOf(connection))
	return nil
}

// connect stays on the calling thread, whose network namespace counts.
func connect(request dialRequest) (net.Conn, error) {
	switch request.Network {
	case "tcp":
		// The guest kernel has no IPv6; asking for tcp4 saves a second lookup.
		return net.Dial("tcp4", request.Address)
	case "unix":
		return net.Dial("unix", request.Address)
	}
	return nil, wire.Errorf("EINVAL", "the network %q is neither tcp nor unix", request.Network)
}
