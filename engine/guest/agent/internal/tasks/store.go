package tasks

import (
	"sort"
	"sync"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/mux"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// Store holds the machine's tasks.
type Store struct {
	reaper *process.Reaper
	events *events
	oom    *oomWatch

	mu    sync.Mutex
	tasks map[string]*Task
	// starting holds ids whose start is under way
	starting map[string]struct{}
	// awaited holds outputs that somebody attached to before the task was started
	awaited map[string]*Output
}

// NewStore finds the tasks that an earlier agent left running.
func NewStore(reaper *process.Reaper) *Store {
	store := &Store{
		reaper:   reaper,
		events:   &events{},
		tasks:    make(map[string]*Task),
		starting: make(map[string]struct{}),
		awaited:  make(map[string]*Output),
	}
	store.oom = &oomWatch{events: store.events}
	store.recover()
	return store
}

// Register adds the operations on tasks and overlays.
func (s *Store) Register(registry *mux.Registry) {
	type idRequest struct {
		ID string `json:"id"`
	}
	onTask := func(name string, do func(*Task) error) {
		mux.Action(registry, name, func(request idRequest) error {
			task, err := s.find(request.ID)
			if err != nil {
				return err
			}
			return do(task)
		})
	}
	mux.Call(registry, "task.start", s.start)
	mux.Action(registry, "task.signal", s.signal)
	onTask("task.pause", func(task *Task) error { return task.freeze(true) })
	onTask("task.resume", func(task *Task) error { return task.freeze(false) })
	mux.Action(registry, "task.update", s.update)
	onTask("task.reopenLog", func(task *Task) error {
		if err := task.running(); err != nil {
			return err
		}
		if task.output.log == nil {
			return wire.Errorf("EINVAL", "task %s has no log", task.ID)
		}
		return task.output.log.Reopen()
	})
	mux.Action(registry, "task.resize", s.resize)
	mux.Call(registry, "task.list", func(struct{}) (map[string][]Info, error) {
		return map[string][]Info{"tasks": s.list()}, nil
	})
	mux.Call(registry, "task.pids", func(request idRequest) (map[string][]int, error) {
		task, err := s.find(request.ID)
		if err != nil {
			return nil, err
		}
		pids, err := cgroup.Pids(task.Cgroup)
		return map[string][]int{"pids": pids}, err
	})
	mux.Call(registry, "task.stats", func(request idRequest) (Stats, error) {
		task, err := s.find(request.ID)
		if err != nil {
			return Stats{}, err
		}
		return task.stats()
	})
	mux.Action(registry, "task.delete", func(request idRequest) error { return s.remove(request.ID) })
	mux.Action(registry, "root.mount", mountRoot)
	mux.Action(registry, "root.unmount", func(request struct {
		Target string `json:"target"`
	}) error {
		return unmount(request.Target)
	})
	mux.OnStream(registry, "task.events", s.events.serve)
	mux.OnStream(registry, "task.attach", s.attach)
	mux.OnStream(registry, "task.exec", s.exec)
}

func (s *Store) find(id string) (*Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if task, ok := s.tasks[id]; ok {
		return task, nil
	}
	return nil, wire.Errorf("ENOENT", "there is no task %s", id)
}

func (s *Store) list() []Info {
	s.mu.Lock()
	tasks := make([]*Task, 0, len(s.tasks))
	for _, task := range s.tasks {
		tasks = append(tasks, task)
	}
	s.mu.Unlock()
	infos := make([]Info, len(tasks))
	for i, task := range tasks {
		infos[i] = task.info()
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].StartedAt < infos[j].StartedAt })
	return infos
}
