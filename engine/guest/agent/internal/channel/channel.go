package channel

import (
	"bufio"
	"bytes"
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

// largestFrame is more than any frame that the agent sends.
const largestFrame = 64 << 10

// readBuffer holds what one interrupt of the console may bring.
const readBuffer = 32 << 10

// Channel hands out one session after the other. It is used by one goroutine.
type Channel struct {
	device Device
	reader *bufio.Reader
	// next is the nonce of a preamble met inside the session before; "" when none was
	next string
	// lost says that the host may believe in a session that is no more; torn, that it may
	// be in the middle of one of its frames
	lost, torn bool
}

// New takes over the device. restarted says that another agent may have used it before.
func New(device Device, restarted bool) *Channel {
	return &Channel{device: device, reader: bufio.NewReaderSize(device, readBuffer), lost: restarted, torn: restarted}
}

// Accept ignores everything until a preamble arrives, answers it and returns the
// session's connection. The connection before must have been closed. It fails only when
// the device does.
func (c *Channel) Accept() (*Conn, error) {
	nonce := c.next
	c.next = ""
	if nonce == "" {
		if err := c.announce(); err != nil {
			return nil, err
		}
		var err error
		if nonce, err = c.findPreamble(); err != nil {
			return nil, err
		}
	}
	if _, err := c.device.Write(answer(nonce)); err != nil {
		return nil, err
	}
	c.lost, c.torn = true, false
	return &Conn{channel: c, nonce: nonce}, nil
}

// announce ends a session the host may believe in: its first byte is no frame's.
func (c *Channel) announce() error {
	if !c.lost {
		return nil
	}
	c.lost = false
	message := []byte(greeting + "waiting\n")
	if c.torn {
		message = append(bytes.Repeat([]byte("\n"), largestFrame), message...)
	}
	_, err := c.device.Write(message)
	return err
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
