package tasks

import (
	"os"
	"syscall"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// signal is `task.signal`: to the task's first process, or to all in its cgroup.
func (s *Store) signal(request struct {
	ID     string `json:"id"`
	Signal string `json:"signal"`
	All    bool   `json:"all"`
}) error {
	task, err := s.find(request.ID)
	if err != nil {
		return err
	}
	number, err := process.ParseSignal(request.Signal)
	if err != nil {
		return err
	}
	if !request.All {
		return task.kill(number)
	}
	if number == syscall.SIGKILL {
		return cgroup.Write(task.Cgroup, "cgroup.kill", "1")
	}
	pids, err := cgroup.Pids(task.Cgroup)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, number)
	}
	return nil
}

// kill reaches the first process. The kernel freezes a paused task's signals until it is
// resumed, but for SIGKILL, which ends it at once.
func (t *Task) kill(number syscall.Signal) error {
	if err := t.running(); err != nil {
		return err
	}
	return syscall.Kill(t.Pid, number)
}

// resize is `task.resize`, of the task's own terminal or of one of its execs.
func (s *Store) resize(request struct {
	ID     string            `json:"id"`
	ExecID string            `json:"execId"`
	Size   wire.TerminalSize `json:"size"`
}) error {
	task, err := s.find(request.ID)
	if err != nil {
		return err
	}
	terminal := task.terminal
	if request.ExecID != "" {
		task.mu.Lock()
		terminal = task.execs[request.ExecID]
		task.mu.Unlock()
	}
	if terminal == nil {
		return wire.Errorf("ENOTTY", "there is no terminal")
	}
	return process.Resize(terminal, request.Size)
}

// remove is `task.delete`: kills what is left and removes every trace but the upper directory.
func (s *Store) remove(id string) error {
	task, err := s.find(id)
	if err != nil {
		return err
	}
	if task.running() == nil {
		_ = cgroup.Write(task.Cgroup, "cgroup.kill", "1")
		_ = syscall.Kill(task.Pid, syscall.SIGKILL)
		<-task.process.Done()
	}
	if err := cgroup.Destroy(task.Cgroup); err != nil {
		return err
	}
	if err := os.RemoveAll(crunState + "/" + id); err != nil {
		return err
	}
	if err := unmount(task.Target); err != nil {
		return err
	}
	// Only if it was made for the task: others may keep something there.
	_ = os.Remove(task.Target)
	if err := os.RemoveAll(task.bundle); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.tasks, id)
	s.mu.Unlock()
	return nil
}
