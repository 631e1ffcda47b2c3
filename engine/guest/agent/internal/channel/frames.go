package channel

import (
	"bufio"
	"encoding/binary"
	"errors"
)

// yamux's header: version (1 byte), type (1), flags (2), stream (4), length (4).
const (
	headerBytes = 12
	version     = 0
	typeData    = 0
	typeLast    = 3
	flagsAll    = 0xf
	// MaxPayload bounds a data frame from the host, and so the padding that is certain to
	// bring a reader stuck inside a frame back to a header.
	MaxPayload = 16 << 10
	// keptBuffer is the largest write buffer kept from one frame to the next
	keptBuffer = 64 << 10
)

var (
	// ErrReset says that the host began a new session.
	ErrReset = errors.New("the host began a new session")
	// ErrGarbage says that the bytes are not a session's.
	ErrGarbage = errors.New("bytes on the channel are not a frame")
	errClosed  = errors.New("the session is closed")
)

// Read returns bytes of yamux frames only. Newlines and repeated preambles of this very
// session between frames are skipped; a preamble with another nonce ends the session.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	reader := c.channel.reader
	if len(c.header) == 0 && c.body == 0 {
		if err := c.nextHeader(reader); err != nil {
			return 0, err
		}
	}
	if len(c.header) > 0 {
		n := copy(p, c.header)
		c.header = c.header[n:]
		return n, nil
	}
	if len(p) > c.body {
		p = p[:c.body]
	}
	n, err := reader.Read(p)
	c.body -= n
	return n, err
}

func (c *Conn) nextHeader(reader *bufio.Reader) error {
	for {
		first, err := reader.Peek(1)
		if err != nil {
			return err
		}
		switch first[0] {
		case version:
			return c.takeHeader(reader)
		case '\n':
			_, _ = reader.Discard(1)
		case greeting[0]:
			line, err := reader.Peek(preambleBytes)
			if err != nil {
				return err
			}
			nonce, ok := parsePreamble(line)
			if !ok {
				return ErrGarbage
			}
			_, _ = reader.Discard(preambleBytes)
			if nonce != c.nonce {
				c.channel.next = nonce
				return ErrReset
			}
		default:
			return ErrGarbage
		}
	}
}

// takeHeader leaves the bytes in the buffer when they are no header: a preamble may be among them.
func (c *Conn) takeHeader(reader *bufio.Reader) error {
	header, err := reader.Peek(headerBytes)
	if err != nil {
		return err
	}
	kind, flags, length := header[1], binary.BigEndian.Uint16(header[2:]), binary.BigEndian.Uint32(header[8:])
	if kind > typeLast || flags > flagsAll || kind == typeData && length > MaxPayload {
		return ErrGarbage
	}
	c.header = append([]byte(nil), header...)
	if kind == typeData {
		c.body = int(length)
	}
	_, _ = reader.Discard(headerBytes)
	return nil
}

// Write joins a data frame's header with the payload that yamux writes next: one write to
// the device for each frame.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed {
		return 0, errClosed
	}
	c.out = append(c.out, p...)
	if len(c.out) == headerBytes && c.out[1] == typeData && binary.BigEndian.Uint32(c.out[8:]) > 0 {
		return len(p), nil
	}
	n, err := c.channel.device.Write(c.out)
	c.channel.torn = n > 0 && n < len(c.out)
	c.out = c.out[:0]
	if cap(c.out) > keptBuffer {
		c.out = nil
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
