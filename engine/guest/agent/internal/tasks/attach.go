package tasks

import (
	"io"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// attach is `task.attach`. It may come before `task.start`, and then misses nothing.
func (s *Store) attach(stream *mux.Stream, request struct {
	ID    string `json:"id"`
	Stdin bool   `json:"stdin"`
}) error {
	if _, err := bundlePath(request.ID); err != nil {
		return err
	}
	s.mu.Lock()
	var output *Output
	if task, ok := s.tasks[request.ID]; ok {
		output = task.output
	} else if output, ok = s.awaited[request.ID]; !ok {
		output = newOutput()
		s.awaited[request.ID] = output
	}
	s.mu.Unlock()
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	output.attach(stream)
	defer s.leave(request.ID, output, stream)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-output.started:
		case <-stream.Session().Done():
			return
		}
		output.task.follow(stream, request.Stdin)
	}()
	select {
	case <-output.ended:
		return wire.WriteJSONFrame(stream, wire.FrameExit, output.exit)
	case <-gone:
		return nil
	}
}

// leave forgets an output that nobody awaits any more.
func (s *Store) leave(id string, output *Output, stream *mux.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if output.detach(stream) == 0 && s.awaited[id] == output {
		delete(s.awaited, id)
	}
}

// follow carries out an attachment's frames until the host leaves. Only an explicit end
// closes the task's standard input: a host that leaves has detached.
func (t *Task) follow(stream *mux.Stream, stdin bool) {
	input := t.stdin
	if t.terminal != nil {
		input = t.terminal
	}
	_ = wire.ReadFrames(stream, wire.FrameHandlers{
		Stdin: func(data io.Reader) error {
			if !stdin || input == nil {
				_, err := io.Copy(io.Discard, data)
				return err
			}
			if _, err := io.Copy(input, data); err != nil {
				_, _ = io.Copy(io.Discard, data)
			}
			return nil
		},
		StdinEnd: func() {
			if stdin && t.stdin != nil {
				t.stdin.Close()
			}
		},
		Resize: func(size wire.TerminalSize) {
			if t.terminal != nil {
				_ = process.Resize(t.terminal, size)
			}
		},
		Signal: func(name string) {
			if number, err := process.ParseSignal(name); err == nil {
				_ = t.kill(number)
			}
		},
	})
}
