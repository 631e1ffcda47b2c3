package tasks

import (
	"sync"
	"time"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/inotify"

	"golang.org/x/sys/unix"
)

// oomWatch tells of out-of-memory kills as they happen: the kernel reports changes of
// memory.events through inotify. The queue is opened with the first task.
type oomWatch struct {
	events *events

	mu    sync.Mutex
	queue *inotify.Queue
	tasks map[int]*oomTask
}

type oomTask struct {
	task  *Task
	kills int64
}

func (w *oomWatch) add(task *Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queue == nil {
		queue, err := inotify.New()
		if err != nil {
			return
		}
		w.queue, w.tasks = queue, make(map[int]*oomTask)
		go w.run()
	}
	// A kernel without the memory controller has no such file, and no such kills.
	if watch, err := w.queue.Add(cgroup.File(task.Cgroup, "memory.events"), unix.IN_MODIFY); err == nil {
		w.tasks[watch] = &oomTask{task: task}
	}
}

// remove ends the watch and tells whether the task was ever hit.
func (w *oomWatch) remove(task *Task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for watch, watched := range w.tasks {
		if watched.task == task {
			w.check(watched)
			w.queue.Remove(watch)
			delete(w.tasks, watch)
			return watched.kills > 0
		}
	}
	return cgroup.OOMKills(task.Cgroup) > 0
}

// check publishes what is new.
func (w *oomWatch) check(watched *oomTask) {
	if kills := cgroup.OOMKills(watched.task.Cgroup); kills > watched.kills {
		watched.kills = kills
		w.events.publish(event{Type: "oom", ID: watched.task.ID, Time: time.Now().UnixMilli()})
	}
}

func (w *oomWatch) run() {
	for {
		raw, err := w.queue.Read()
		if err != nil {
			return
		}
		w.mu.Lock()
		for _, happened := range raw {
			if watched, ok := w.tasks[happened.Watch]; ok && happened.Mask&unix.IN_MODIFY != 0 {
				w.check(watched)
			}
		}
		w.mu.Unlock()
	}
}
