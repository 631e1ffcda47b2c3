package mux

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
	"time"

	"drydock/agent/internal/wire"

	"github.com/hashicorp/yamux"
)

const (
	// streamWindow is how much may be under way on one stream, in each direction
	streamWindow = 256 << 10
	// requestBuffer fits most requests whole
	requestBuffer = 4 << 10
	// writeTimeout only bounds a host that stopped reading for good
	writeTimeout = 10 * time.Minute
)

// Session is one yamux session with the host.
type Session struct {
	registry *Registry
	yamux    *yamux.Session

	mu       sync.Mutex
	cleanups map[*cleanup]struct{}
}

type cleanup struct{ do func() }

// Serve runs a session over conn until it fails or the host leaves, then closes conn.
// Handlers may still run when it returns; their streams fail. What they gave to OnEnd has run.
func Serve(conn io.ReadWriteCloser, registry *Registry) error {
	config := &yamux.Config{
		AcceptBacklog: 256,
		// An idle machine must stay idle: the channel cannot break silently.
		EnableKeepAlive:        false,
		KeepAliveInterval:      time.Hour,
		ConnectionWriteTimeout: writeTimeout,
		MaxStreamWindowSize:    streamWindow,
		LogOutput:              io.Discard,
	}
	multiplexer, err := yamux.Server(conn, config)
	if err != nil {
		return err
	}
	session := &Session{registry: registry, yamux: multiplexer, cleanups: make(map[*cleanup]struct{})}
	defer session.end()
	for {
		stream, err := multiplexer.AcceptStream()
		if err != nil {
			return err
		}
		go session.handle(stream)
	}
}

// OnEnd has do called when the session ends, before the next one begins, unless the
// returned function was called before.
func (s *Session) OnEnd(do func()) (cancel func()) {
	entry := &cleanup{do}
	s.mu.Lock()
	s.cleanups[entry] = struct{}{}
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		delete(s.cleanups, entry)
		s.mu.Unlock()
	}
}

func (s *Session) end() {
	s.yamux.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for entry := range s.cleanups {
		entry.do()
	}
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.yamux.CloseChan() }

// Open opens a stream towards the host that begins with a message.
func (s *Session) Open(first any) (*yamux.Stream, error) {
	stream, err := s.yamux.OpenStream()
	if err != nil {
		return nil, err
	}
	if err := wire.WriteMessage(stream, first); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

func (s *Session) handle(raw *yamux.Stream) {
	defer raw.Close()
	stream := &Stream{session: s, stream: raw, reader: bufio.NewReaderSize(source{s, raw}, requestBuffer)}
	body, err := wire.ReadMessage(stream.reader)
	if err == io.EOF {
		return
	}
	if err == nil {
		err = s.dispatch(stream, body)
	}
	if err != nil && !stream.replied {
		stream.refuse(err)
	}
}

func (s *Session) dispatch(stream *Stream, body []byte) error {
	var request struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return wire.Errorf(wire.CodeProtocol, "the request is not JSON: %v", err)
	}
	handle, ok := s.registry.streams[request.Op]
	if !ok {
		return wire.Errorf(wire.CodeProtocol, "there is no operation %q", request.Op)
	}
	return handle(stream, body)
}

// source tells the end that the host sent from the end of the session, which yamux reports alike.
type source struct {
	session *Session
	stream  *yamux.Stream
}

func (s source) Read(p []byte) (int, error) {
	n, err := s.stream.Read(p)
	if err == io.EOF && s.session.yamux.IsClosed() {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
