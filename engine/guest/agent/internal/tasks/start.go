package tasks

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/network"
	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// announceDelay bounds how long the end of a task waits for an attachment that does not
// read its last output.
const announceDelay = 2 * time.Second

type startReply struct {
	Pid       int   `json:"pid"`
	StartedAt int64 `json:"startedAt"`
}

// start is `task.start`: overlay, bundle, input and output, and crun, in one go. When
// anything fails nothing is left.
func (s *Store) start(spec Spec) (startReply, error) {
	bundle, err := bundlePath(spec.ID)
	if err != nil {
		return startReply{}, err
	}
	netns, err := network.NamespacePath(spec.Sandbox)
	if err != nil {
		return startReply{}, err
	}
	if _, err := os.Stat(netns); err != nil {
		return startReply{}, wire.Errorf("ENOENT", "there is no sandbox %s", spec.Sandbox)
	}
	output, err := s.claim(spec.ID)
	if err != nil {
		return startReply{}, err
	}
	task := &Task{bundle: bundle, output: output, execs: make(map[string]*os.File)}
	if err := s.launch(task, spec, netns); err != nil {
		s.unclaim(spec.ID, output)
		return startReply{}, err
	}
	s.mu.Lock()
	delete(s.starting, spec.ID)
	s.tasks[spec.ID] = task
	s.mu.Unlock()
	output.task = task
	close(output.started)
	s.events.publish(event{Type: "started", ID: task.ID, Pid: task.Pid, Time: task.StartedAt})
	return startReply{task.Pid, task.StartedAt}, nil
}

// claim reserves an id and returns its output, which somebody may be attached to already.
func (s *Store) claim(id string) (*Output, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, exists := s.tasks[id]
	if _, starting := s.starting[id]; exists || starting {
		return nil, wire.Errorf("EEXIST", "there is a task %s already", id)
	}
	s.starting[id] = struct{}{}
	output, ok := s.awaited[id]
	if !ok {
		output = newOutput()
	}
	delete(s.awaited, id)
	return output, nil
}

func (s *Store) unclaim(id string, output *Output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.starting, id)
	if len(output.attached) > 0 {
		s.awaited[id] = output
	}
}

func (s *Store) launch(task *Task, spec Spec, netns string) (err error) {
	opened, err := parseConfig(spec.Config)
	if err != nil {
		return err
	}
	path, text, err := opened.complete(spec, netns)
	if err != nil {
		return err
	}
	task.record = record{
		ID: spec.ID, Sandbox: spec.Sandbox, Cgroup: path, Target: spec.Overlay.Target, TTY: spec.TTY != nil, Log: spec.Log,
	}
	if err := spec.Overlay.mount(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = unmount(task.Target)
			_ = os.RemoveAll(task.bundle)
		}
	}()
	if err := writeBundle(task.bundle, spec, text); err != nil {
		return err
	}
	if spec.Log != nil {
		if task.output.log, err = OpenLog(*spec.Log, time.Now, s.compress); err != nil {
			return err
		}
	}
	files, err := openStdio(task.bundle, "init", spec.Stdin, spec.TTY != nil)
	if err != nil {
		return err
	}
	// Taken before: a short task may have ended by the time crun has.
	task.StartedAt = time.Now().UnixMilli()
	arguments := append([]string{"run", "--bundle=" + task.bundle}, files.arguments()...)
	task.process, err = s.crun(task.bundle, "init", append(arguments, spec.ID), files.descriptors())
	if err == nil && files.console != nil {
		files.stdout, err = files.receiveTerminal()
		task.terminal, task.stdin = files.stdout, nil
	}
	files.closeTheirs()
	if err != nil {
		files.closeOurs()
		if task.process != nil {
			_ = cgroup.Destroy(task.Cgroup)
			_ = os.RemoveAll(filepath.Join(crunState, spec.ID))
		}
		return err
	}
	if task.terminal == nil {
		task.stdin = files.stdin
	}
	task.Pid = task.process.Pid
	if err := task.save(); err != nil {
		return err
	}
	s.watch(task, files)
	return nil
}

func writeBundle(bundle string, spec Spec, config []byte) error {
	if err := os.MkdirAll(bundle, 0o711); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), config, 0o600); err != nil {
		return err
	}
	for _, directory := range spec.Directories {
		if _, err := os.Stat(directory); os.IsNotExist(err) {
			err = os.MkdirAll(directory, 0o755)
			if err != nil {
				return err
			}
		}
	}
	for _, file := range spec.Files {
		path := file.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(bundle, path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.Content), os.FileMode(file.Mode&0o777)); err != nil {
			return err
		}
	}
	return nil
}

// watch pumps the task's output and announces its end.
func (s *Store) watch(task *Task, files *stdio) {
	s.oom.add(task)
	var pumps sync.WaitGroup
	task.pump(&pumps, files.stdout, wire.FrameStdout)
	if files.stderr != nil {
		task.pump(&pumps, files.stderr, wire.FrameStderr)
	}
	go func() {
		exit := task.process.Wait()
		exit.StartedAt = task.StartedAt
		exit.OOMKilled = s.oom.remove(task)
		process.StopWhenEmpty(files.stdout)
		if files.stderr != nil {
			process.StopWhenEmpty(files.stderr)
		}
		drained := make(chan struct{})
		go func() {
			pumps.Wait()
			close(drained)
		}()
		select {
		case <-drained:
		case <-time.After(announceDelay):
		}
		task.mu.Lock()
		task.exit = &exit
		task.mu.Unlock()
		s.events.publish(event{Type: "exited", ID: task.ID, Exit: &exit})
		<-drained
		task.output.end(exit)
		files.closeOurs()
		task.closeFiles()
	}()
}

func (t *Task) pump(pumps *sync.WaitGroup, file *os.File, kind wire.FrameType) {
	pumps.Go(func() {
		_ = process.Pump(file, wire.FrameHeader, func(frame []byte) error {
			t.output.deliver(kind, frame)
			return nil
		})
	})
}
