package tasks

import (
	"sync"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

// Output is where a task's output goes: its log and whoever is attached. It can exist
// before the task does, so that an attachment misses nothing.
//
// An attachment that does not read holds up to a window of the channel; then the task's
// pipe fills and the task waits, as under Docker. Closing the attachment frees it.
type Output struct {
	log *Log
	// started is closed when task is set, ended when exit is
	started, ended chan struct{}
	task           *Task
	exit           wire.ExitStatus

	mu       sync.Mutex
	attached []*mux.Stream
}

func newOutput() *Output {
	return &Output{started: make(chan struct{}), ended: make(chan struct{})}
}

func (o *Output) attach(stream *mux.Stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.attached = append(o.attached[:len(o.attached):len(o.attached)], stream)
}

// detach returns how many are left.
func (o *Output) detach(stream *mux.Stream) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	var others []*mux.Stream
	for _, other := range o.attached {
		if other != stream {
			others = append(others, other)
		}
	}
	o.attached = others
	return len(others)
}

// deliver takes a frame whose header is still empty.
func (o *Output) deliver(kind wire.FrameType, frame []byte) {
	if o.log != nil {
		o.log.Write(kind, frame[wire.FrameHeader:])
	}
	o.mu.Lock()
	attached := o.attached
	o.mu.Unlock()
	if len(attached) == 0 {
		return
	}
	wire.PutFrameHeader(frame, kind)
	for _, stream := range attached {
		if _, err := stream.Write(frame); err != nil {
			o.detach(stream)
		}
	}
}

func (o *Output) end(exit wire.ExitStatus) {
	if o.log != nil {
		o.log.Close()
	}
	o.exit = exit
	close(o.ended)
}
