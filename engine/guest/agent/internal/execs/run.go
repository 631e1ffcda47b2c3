// Package execs runs programs in the machine: to completion, or with live input and output.
package execs

import (
	"io"
	"os"
	"sync"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// runOutputLimit bounds each of stdout and stderr of `run`; the rest is dropped.
const runOutputLimit = 1 << 20

type runRequest struct {
	Request
	Stdin string `json:"stdin"`
}

type runReply struct {
	Exit   wire.ExitStatus `json:"exit"`
	Stdout string          `json:"stdout"`
	Stderr string          `json:"stderr"`
}

// Register adds `run` and `exec`.
func Register(registry *mux.Registry, reaper *process.Reaper) {
	mux.Call(registry, "run", func(request runRequest) (runReply, error) { return run(reaper, request) })
	mux.OnStream(registry, "exec", func(stream *mux.Stream, request Request) error {
		return interact(reaper, stream, request)
	})
}

func run(reaper *process.Reaper, request runRequest) (runReply, error) {
	started, err := start(reaper, request.Request)
	if err != nil {
		return runReply{}, err
	}
	defer started.close()
	go func() {
		_, _ = io.WriteString(started.input, request.Stdin)
		if !started.terminal {
			started.input.Close()
		}
	}()
	var stdout, stderr []byte
	var pumps sync.WaitGroup
	collect := func(file *os.File, into *[]byte) {
		pumps.Go(func() {
			_ = process.Pump(file, 0, func(data []byte) error {
				*into = append(*into, data[:min(len(data), runOutputLimit-len(*into))]...)
				return nil
			})
		})
	}
	collect(started.stdout, &stdout)
	if started.stderr != nil {
		collect(started.stderr, &stderr)
	}
	exit := started.Wait()
	process.StopWhenEmpty(started.stdout)
	if started.stderr != nil {
		process.StopWhenEmpty(started.stderr)
	}
	pumps.Wait()
	return runReply{exit, string(stdout), string(stderr)}, nil
}
