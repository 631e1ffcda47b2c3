package tasks

import "drydock/agent/internal/cgroup"

func (t *Task) freeze(paused bool) error {
	if err := t.running(); err != nil {
		return err
	}
	value := "0"
	if paused {
		value = "1"
	}
	if err := cgroup.Write(t.Cgroup, "cgroup.freeze", value); err != nil {
		return err
	}
	t.mu.Lock()
	t.paused = paused
	t.mu.Unlock()
	return nil
}

func (s *Store) update(request struct {
	ID     string            `json:"id"`
	Cgroup map[string]string `json:"cgroup"`
}) error {
	task, err := s.find(request.ID)
	if err != nil {
		return err
	}
	return cgroup.WriteAll(task.Cgroup, request.Cgroup)
}
