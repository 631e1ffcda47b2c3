package tasks

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

type execRequest struct {
	ID      string             `json:"id"`
	ExecID  string             `json:"execId"`
	Process json.RawMessage    `json:"process"`
	TTY     *wire.TerminalSize `json:"tty"`
}

// exec is `task.exec`: another process in a running task, with live input and output. It
// goes on when the host leaves, as under Docker.
func (s *Store) exec(stream *mux.Stream, request execRequest) error {
	task, err := s.find(request.ID)
	if err != nil {
		return err
	}
	if err := task.running(); err != nil {
		return err
	}
	if request.ExecID == "" || strings.ContainsRune(request.ExecID, '/') {
		return wire.Errorf("EINVAL", "%q cannot be an exec id", request.ExecID)
	}
	name := "exec-" + request.ExecID
	defer removeFiles(task.bundle, name)
	specPath, err := writeProcess(task.bundle, name, request)
	if err != nil {
		return err
	}
	files, err := openStdio(task.bundle, name, true, request.TTY != nil)
	if err != nil {
		return err
	}
	arguments := append([]string{"exec", "--process=" + specPath}, files.arguments()...)
	child, err := s.crun(task.bundle, name, append(arguments, request.ID), files.descriptors())
	if err == nil && files.console != nil {
		files.stdout, err = files.receiveTerminal()
		files.stdin = files.stdout
	}
	files.closeTheirs()
	defer files.closeOurs()
	if err != nil {
		return err
	}
	if request.TTY != nil {
		task.setExecTerminal(request.ExecID, files.stdout)
		defer task.setExecTerminal(request.ExecID, nil)
	}
	if err := stream.Reply(map[string]int{"pid": child.Pid}); err != nil {
		return err
	}
	return relay(stream, child, files)
}

func (t *Task) setExecTerminal(id string, terminal *os.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if terminal == nil {
		delete(t.execs, id)
	} else {
		t.execs[id] = terminal
	}
}

func writeProcess(bundle, name string, request execRequest) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(request.Process, &fields); err != nil {
		return "", wire.Errorf("EINVAL", "process is not an OCI process: %v", err)
	}
	setTerminal(fields, request.TTY)
	text, err := json.Marshal(fields)
	if err != nil {
		return "", err
	}
	path := filepath.Join(bundle, name+".json")
	return path, os.WriteFile(path, text, 0o600)
}

func removeFiles(bundle, name string) {
	for _, suffix := range []string{".json", ".log", ".pid", ".stdout", ".stderr", ".console"} {
		_ = os.Remove(filepath.Join(bundle, name+suffix))
	}
}

// relay carries input and output until the process ends.
func relay(stream *mux.Stream, child *process.Process, files *stdio) error {
	terminal := files.console != nil
	go func() {
		_ = wire.ReadFrames(stream, wire.FrameHandlers{
			Stdin: func(data io.Reader) error {
				if _, err := io.Copy(files.stdin, data); err != nil {
					_, _ = io.Copy(io.Discard, data)
				}
				return nil
			},
			StdinEnd: func() {
				if !terminal {
					files.stdin.Close()
				}
			},
			Resize: func(size wire.TerminalSize) {
				if terminal {
					_ = process.Resize(files.stdout, size)
				}
			},
			Signal: func(name string) {
				if number, err := process.ParseSignal(name); err == nil {
					_ = syscall.Kill(child.Pid, number)
				}
			},
		})
	}()
	var pumps sync.WaitGroup
	outputs := []*os.File{files.stdout, files.stderr}
	for i, file := range outputs {
		if file == nil {
			continue
		}
		kind := wire.FrameStdout + wire.FrameType(i)
		pumps.Go(func() {
			_ = process.Pump(file, wire.FrameHeader, func(frame []byte) error {
				wire.PutFrameHeader(frame, kind)
				// A host that left misses the rest; the process must not block on it.
				_, _ = stream.Write(frame)
				return nil
			})
		})
	}
	exit := child.Wait()
	for _, file := range outputs {
		if file != nil {
			process.StopWhenEmpty(file)
		}
	}
	pumps.Wait()
	return wire.WriteJSONFrame(stream, wire.FrameExit, exit)
}
