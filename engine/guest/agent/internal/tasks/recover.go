package tasks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/wire"
)

// recover finds tasks that an agent before this one started. Output goes on through the
// named pipes; a terminal, and standard input, are lost. The status of a process that is
// not the agent's child any more cannot be known: it is reported as lostStatus.
func (s *Store) recover() {
	entries, err := os.ReadDir(bundles)
	if err != nil {
		return
	}
	for _, entry := range entries {
		bundle := filepath.Join(bundles, entry.Name())
		text, err := os.ReadFile(filepath.Join(bundle, recordName))
		if err != nil {
			continue
		}
		task := &Task{bundle: bundle, output: newOutput(), execs: make(map[string]*os.File)}
		if json.Unmarshal(text, &task.record) != nil || task.ID != entry.Name() {
			continue
		}
		s.tasks[task.ID] = task
		task.output.task = task
		close(task.output.started)
		if !inCgroup(task.Pid, task.Cgroup) {
			task.exit = &wire.ExitStatus{Code: lostStatus, FinishedAt: time.Now().UnixMilli(), StartedAt: task.StartedAt}
			task.output.end(*task.exit)
			continue
		}
		s.resume(task)
	}
}

const lostStatus = 255

func (s *Store) resume(task *Task) {
	if task.Log != nil {
		task.output.log, _ = OpenLog(*task.Log, time.Now, s.compress)
	}
	files := &stdio{}
	for _, pipe := range []struct {
		name string
		file **os.File
	}{{"init.stdout", &files.stdout}, {"init.stderr", &files.stderr}} {
		path := filepath.Join(task.bundle, pipe.name)
		if task.TTY {
			path = os.DevNull
		}
		*pipe.file, _ = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if process, err := s.reaper.Watch(task.Pid, lostStatus); err == nil {
		task.process = process
		s.watch(task, files)
	}
}

// inCgroup tells whether the process is still the task's: ids of processes are used again.
func inCgroup(pid int, path string) bool {
	pids, err := cgroup.Pids(path)
	if err != nil {
		return false
	}
	for _, other := range pids {
		if other == pid {
			return true
		}
	}
	return false
}
