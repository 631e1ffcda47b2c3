// Package mux runs a session: it accepts multiplexed streams, reads each one's request and
// hands it to the operation of that name.
package mux

import (
	"encoding/json"

	"drydock/agent/internal/wire"
)

// Registry holds the operations. It is filled before the first session and then only read.
type Registry struct {
	streams map[string]func(*Stream, []byte) error
}

// NewRegistry returns one without operations.
func NewRegistry() *Registry {
	return &Registry{streams: make(map[string]func(*Stream, []byte) error)}
}

// Call adds an operation that ends with its reply.
func Call[Request, Reply any](registry *Registry, name string, call func(Request) (Reply, error)) {
	OnStream(registry, name, func(stream *Stream, request Request) error {
		reply, err := call(request)
		if err != nil {
			return err
		}
		return stream.Reply(reply)
	})
}

// Action adds an operation whose reply has no content.
func Action[Request any](registry *Registry, name string, action func(Request) error) {
	Call(registry, name, func(request Request) (struct{}, error) {
		return struct{}{}, action(request)
	})
}

// OnStream adds an operation that goes on after its reply. It replies itself; an error it
// returns before that becomes the reply. The stream is closed when it returns.
func OnStream[Request any](registry *Registry, name string, handle func(*Stream, Request) error) {
	registry.streams[name] = func(stream *Stream, body []byte) error {
		var request Request
		if err := json.Unmarshal(body, &request); err != nil {
			return wire.Errorf(wire.CodeProtocol, "%s: %v", name, err)
		}
		return handle(stream, request)
	}
}
