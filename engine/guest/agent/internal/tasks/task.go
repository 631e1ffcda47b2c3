package tasks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"

	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// Task is a container that was started and not yet deleted.
type Task struct {
	record
	bundle  string
	process *process.Process
	output  *Output
	// stdin is the writing end of standard input, terminal the agent's end of the terminal;
	// nil when there is none
	stdin, terminal *os.File

	mu     sync.Mutex
	paused bool
	exit   *wire.ExitStatus
	// execs holds the terminals of running `task.exec`s by their id
	execs map[string]*os.File
}

// record is what an agent that restarts must know of a task: state.json in its bundle.
type record struct {
	ID        string   `json:"id"`
	Sandbox   string   `json:"sandbox"`
	Pid       int      `json:"pid"`
	StartedAt int64    `json:"startedAt"`
	Cgroup    string   `json:"cgroup"`
	Target    string   `json:"target"`
	TTY       bool     `json:"tty"`
	Log       *LogSpec `json:"log,omitempty"`
}

const recordName = "state.json"

func (t *Task) save() error {
	text, err := json.Marshal(t.record)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.bundle, recordName), text, 0o600)
}

func (t *Task) info() Info {
	t.mu.Lock()
	defer t.mu.Unlock()
	info := Info{ID: t.ID, Sandbox: t.Sandbox, State: "running", Pid: t.Pid, StartedAt: t.StartedAt, Exit: t.exit}
	switch {
	case t.exit != nil:
		info.State = "stopped"
	case t.paused:
		info.State = "paused"
	}
	return info
}

// running fails with ESRCH after the task has ended.
func (t *Task) running() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.exit != nil {
		return wire.Errorf("ESRCH", "task %s has ended", t.ID)
	}
	return nil
}

func (t *Task) closeFiles() {
	for _, file := range []*os.File{t.stdin, t.terminal} {
		if file != nil {
			file.Close()
		}
	}
}
