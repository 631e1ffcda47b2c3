package execs

import (
	"io"
	"os"
	"sync"
	"syscall"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// interact is `exec`: frames in both directions until the program ends. When the host
// leaves first, the program gets SIGHUP, as a terminal that hangs up sends it.
func interact(reaper *process.Reaper, stream *mux.Stream, request Request) error {
	started, err := start(reaper, request)
	if err != nil {
		return err
	}
	defer started.close()
	if err := stream.Reply(map[string]int{"pid": started.Pid}); err != nil {
		started.hangUp()
		return err
	}
	go func() {
		if err := started.follow(stream); err != nil {
			started.hangUp()
		}
	}()
	var pumps sync.WaitGroup
	forward := func(file *os.File, kind wire.FrameType) {
		pumps.Go(func() {
			err := process.Pump(file, wire.FrameHeader, func(frame []byte) error {
				wire.PutFrameHeader(frame, kind)
				_, err := stream.Write(frame)
				return err
			})
			if err != nil {
				started.hangUp()
				file.Close()
			}
		})
	}
	forward(started.stdout, wire.FrameStdout)
	if started.stderr != nil {
		forward(started.stderr, wire.FrameStderr)
	}
	select {
	case <-started.Done():
	case <-stream.Session().Done():
		started.hangUp()
	}
	exit := started.Wait()
	process.StopWhenEmpty(started.stdout)
	if started.stderr != nil {
		process.StopWhenEmpty(started.stderr)
	}
	pumps.Wait()
	return wire.WriteJSONFrame(stream, wire.FrameExit, exit)
}

// follow carries out the host's frames until it closes the stream. Its half-close ends
// standard input; only a broken stream is an error.
func (c *child) follow(stream *mux.Stream) error {
	err := wire.ReadFrames(stream, wire.FrameHandlers{
		Stdin: func(data io.Reader) error {
			// A program that reads no more makes this fail; what comes is then ignored.
			if _, err := io.Copy(c.input, data); err != nil {
				_, _ = io.Copy(io.Discard, data)
			}
			return nil
		},
		StdinEnd: c.endInput,
		Resize: func(size wire.TerminalSize) {
			if c.terminal {
				_ = process.Resize(c.input, size)
			}
		},
		Signal: func(name string) {
			if number, err := process.ParseSignal(name); err == nil {
				_ = c.signal(number)
			}
		},
	})
	if err == nil {
		c.endInput()
	}
	return err
}

func (c *child) endInput() {
	if !c.terminal {
		c.input.Close()
		return
	}
	select {
	case <-c.Done():
	default:
		_, _ = c.input.Write([]byte{endOfTransmission})
	}
}

// endOfTransmission is what Ctrl-D types.
const endOfTransmission = 4

func (c *child) hangUp() {
	select {
	case <-c.Done():
	default:
		_ = c.signal(syscall.SIGHUP)
		_ = syscall.Kill(-c.Pid, syscall.SIGCONT)
	}
}
