package channel

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// Device is the byte channel: /dev/hvc0 in a machine, one end of a socket in tests.
type Device interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// readBuffer holds what one interrupt of the console may bring.
const readBuffer = 32 << 10

// Channel hands out one session after the other. It is used by one goroutine.
type Channel struct {
	device Device
	reader *bufio.Reader
	// next is the nonce of a preamble met inside the session before; "" when none was
	next string
}

// New takes over the device.
func New(device Device) *Channel {
	return &Channel{device: device, reader: bufio.NewReaderSize(device, readBuffer)}
}

// Accept ignores everything until a preamble arrives, answers it and returns the
// session's connection. The connection before must have been closed. It fails only when
// the device does.
func (c *Channel) Accept() (*Conn, error) {
	for {
		nonce := c.next
		c.next = ""
		if nonce == "" {
			var err error
			if nonce, err = c.findPreamble(); err != nil {
				return nil, err
			}
		}
		if _, err := c.device.Write(answer(nonce)); err != nil {
			return nil, err
		}
		return &Conn{channel: c, nonce: nonce}, nil
	}
}

// findPreamble reads lines, however long, keeping only the end of each.
func (c *Channel) findPreamble() (string, error) {
	tail := make([]byte, 0, 2*preambleBytes)
	for {
		part, err := c.reader.ReadSlice('\n')
		if len(part) > preambleBytes {
			part = part[len(part)-preambleBytes:]
		}
		if excess := len(tail) + len(part) - preambleBytes; excess > 0 {
			tail = append(tail[:0], tail[excess:]...)
		}
		tail = append(tail, part...)
		switch {
		case err == nil:
			if nonce, ok := parsePreamble(tail); ok {
				return nonce, nil
			}
			tail = tail[:0]
		case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, os.ErrDeadlineExceeded):
		default:
			return "", err
		}
	}
}

// Conn is one session's connection: an io.ReadWriteCloser for yamux.
type Conn struct {
	channel *Channel
	nonce   string
	// body counts the payload bytes of the current incoming frame still to be read
	body int
	// header holds what is left of a header that did not fit the caller's buffer
	header []byte

	writing sync.Mutex
	closed  bool
	// out holds a header that waits for its payload, so that both leave in one write
	out []byte
}

// Close ends the session: reads and writes under way fail, and none begins after it returns.
func (c *Conn) Close() error {
	device := c.channel.device
	now := time.Unix(1, 0)
	_ = device.SetReadDeadline(now)
	_ = device.SetWriteDeadline(now)
	c.writing.Lock()
	c.closed = true
	c.writing.Unlock()
	_ = device.SetReadDeadline(time.Time{})
	_ = device.SetWriteDeadline(time.Time{})
	return nil
}
