// Package process starts processes and reaps them, children and adopted orphans alike. The
// agent is a subreaper, so there is one place that waits: SIGCHLD, then wait4 for any child.
package process

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"drydock/agent/internal/wire"
)

// rememberedExits is how many exits of unknown processes are kept for Adopt.
const rememberedExits = 64

// Process is a process that the reaper waits for.
type Process struct {
	Pid    int
	done   chan struct{}
	status wire.ExitStatus
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns how the process ended.
func (p *Process) Wait() wire.ExitStatus {
	<-p.done
	return p.status
}

type unknownExit struct {
	pid    int
	status wire.ExitStatus
}

// Reaper waits for all children of the agent.
type Reaper struct {
	mu      sync.Mutex
	waiting map[int]*Process
	unknown []unknownExit
}

// NewReaper begins to reap.
func NewReaper() *Reaper {
	reaper := &Reaper{waiting: make(map[int]*Process)}
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGCHLD)
	go func() {
		for range changes {
			reaper.reap()
		}
	}()
	return reaper
}

// Start runs a program. attr's files are the caller's to close.
func (r *Reaper) Start(path string, argv []string, attr *syscall.ProcAttr) (*Process, error) {
	// The lock is held so that the exit cannot be reaped before the process is known.
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return nil, err
	}
	return r.expect(pid), nil
}

// Adopt waits for an orphan that became the agent's child, and may have ended already.
func (r *Reaper) Adopt(pid int) *Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	process := r.expect(pid)
	for i, exit := range r.unknown {
		if exit.pid == pid {
			r.unknown = append(r.unknown[:i], r.unknown[i+1:]...)
			r.finish(process, exit.status)
			break
		}
	}
	return process
}

func (r *Reaper) expect(pid int) *Process {
	process := &Process{Pid: pid, done: make(chan struct{})}
	r.waiting[pid] = process
	return process
}

func (r *Reaper) finish(process *Process, status wire.ExitStatus) {
	delete(r.waiting, process.Pid)
	process.status = status
	close(process.done)
}

func (r *Reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		exit := exitStatus(status)
		if process, ok := r.waiting[pid]; ok {
			r.finish(process, exit)
			continue
		}
		if len(r.unknown) == rememberedExits {
			r.unknown = r.unknown[1:]
		}
		r.unknown = append(r.unknown, unknownExit{pid, exit})
	}
}

func exitStatus(status syscall.WaitStatus) wire.ExitStatus {
	exit := wire.ExitStatus{Code: status.ExitStatus(), FinishedAt: time.Now().UnixMilli()}
	if status.Signaled() {
		exit.Code = 128 + int(status.Signal())
		exit.Signal = SignalName(status.Signal())
	}
	return exit
}
