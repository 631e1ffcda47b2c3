// Package sockets connects the host with the machine's network: outgoing connections from
// inside the machine, and listeners whose connections become streams to the host.
package sockets

import (
	"io"
	"net"
	"sync"

	"drydock/agent/internal/mux"
)

// copyBuffer is what one read takes and one frame carries.
const copyBuffer = 32 << 10

var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// Register adds `dial` and `listen`.
func Register(registry *mux.Registry) {
	mux.OnStream(registry, "dial", dial)
	mux.OnStream(registry, "listen", listen)
}

// half is one end of a connection that can end its own direction.
type half interface {
	io.ReadWriter
	CloseWrite() error
}

// join copies both directions until both have ended, each half-closing the other side.
func join(left, right half) {
	var copies sync.WaitGroup
	copies.Go(func() { forward(left, right) })
	forward(right, left)
	copies.Wait()
}

func forward(to, from half) {
	buffer := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buffer)
	_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer[:])
	_ = to.CloseWrite()
}

// halfOf gives every kind of connection a CloseWrite.
func halfOf(connection net.Conn) half {
	if closer, ok := connection.(half); ok {
		return closer
	}
	return wholeOnly{connection}
}

type wholeOnly struct{ net.Conn }

func (w wholeOnly) CloseWrite() error { return w.Close() }

// closeIsHalf names what Close of a multiplexed stream does: it ends one direction.
type closeIsHalf struct{ io.ReadWriteCloser }

func (c closeIsHalf) CloseWrite() error { return c.Close() }
