package mux

import (
	"bufio"
	"bytes"
	"io"

	"drydock/agent/internal/wire"

	"github.com/hashicorp/yamux"
)

// Stream is one request with what follows it. Reads are buffered; writes go out at once.
type Stream struct {
	session *Session
	stream  *yamux.Stream
	reader  *bufio.Reader
	replied bool
}

// Session returns the session that the stream belongs to.
func (s *Stream) Session() *Session { return s.session }

// Reply accepts the request. value must encode to a JSON object.
func (s *Stream) Reply(value any) error {
	s.replied = true
	message, err := wire.AppendMessage(nil, value)
	if err != nil {
		return err
	}
	const prefix = 4
	accepted := []byte(`{"ok":true,`)
	body := message[prefix+1:]
	if bytes.Equal(body, []byte("}")) {
		accepted = accepted[:len(accepted)-1]
	}
	out := make([]byte, prefix, prefix+len(accepted)+len(body))
	out = append(append(out, accepted...), body...)
	length := len(out) - prefix
	out[0], out[1], out[2], out[3] = byte(length>>24), byte(length>>16), byte(length>>8), byte(length)
	_, err = s.stream.Write(out)
	return err
}

func (s *Stream) refuse(err error) {
	type refusal struct {
		Error *wire.Error `json:"error"`
	}
	_ = wire.WriteMessage(s.stream, refusal{wire.AsError(err)})
}

// Finish ends a stream of bytes with a message: `{}`, or the error.
func (s *Stream) Finish(err error) error {
	type ending struct {
		Error *wire.Error `json:"error,omitempty"`
	}
	if err != nil {
		return wire.WriteMessage(s.stream, ending{wire.AsError(err)})
	}
	return wire.WriteMessage(s.stream, ending{})
}

func (s *Stream) Read(p []byte) (int, error)  { return s.reader.Read(p) }
func (s *Stream) Write(p []byte) (int, error) { return s.stream.Write(p) }

// WriteTo copies what the host sends without a further buffer.
func (s *Stream) WriteTo(writer io.Writer) (int64, error) { return s.reader.WriteTo(writer) }

// CloseWrite half-closes: the host reads the end, and may go on sending.
func (s *Stream) CloseWrite() error { return s.stream.Close() }

// Gone returns a channel that is closed when the host half-closed or reset the stream. The
// caller must not read the stream any more.
func (s *Stream) Gone() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, s.reader)
		close(gone)
	}()
	return gone
}
