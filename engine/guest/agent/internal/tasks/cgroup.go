package tasks

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"drydock/agent/internal/wire"
)

const cgroups = "/sys/fs/cgroup"

func cgroupFile(cgroup, name string) string { return filepath.Join(cgroups, cgroup, name) }

func writeCgroup(cgroup, name, value string) error {
	return os.WriteFile(cgroupFile(cgroup, name), []byte(value), 0)
}

// cgroupPids lists the processes of a cgroup and of those below it.
func cgroupPids(cgroup string) ([]int, error) {
	pids := []int{}
	err := filepath.WalkDir(filepath.Join(cgroups, cgroup), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		for _, field := range strings.Fields(string(content)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return pids, err
}

// oomKills returns how often the out-of-memory killer struck in the cgroup.
func oomKills(cgroup string) int64 {
	return keyed(cgroupFile(cgroup, "memory.events"))["oom_kill"]
}

// keyed reads a file of lines `key value`.
func keyed(path string) map[string]int64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	values := make(map[string]int64)
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			values[key], _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return values
}

func (t *Task) freeze(paused bool) error {
	if err := t.running(); err != nil {
		return err
	}
	value := "0"
	if paused {
		value = "1"
	}
	if err := writeCgroup(t.Cgroup, "cgroup.freeze", value); err != nil {
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
	for name, value := range request.Cgroup {
		if strings.ContainsRune(name, '/') {
			return wire.Errorf("EINVAL", "%q is not a file of a cgroup", name)
		}
		if err := writeCgroup(task.Cgroup, name, value); err != nil {
			return err
		}
	}
	return nil
}

const (
	// removalTries times removalPause bounds the wait for killed processes to leave a cgroup
	removalTries = 100
	removalPause = 10 * time.Millisecond
)

// removeCgroup kills what is left in a cgroup and removes it with those below it.
func removeCgroup(cgroup string) error {
	path := filepath.Join(cgroups, cgroup)
	var err error
	for range removalTries {
		if err = removeTree(path); err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) {
			return err
		}
		_ = writeCgroup(cgroup, "cgroup.kill", "1")
		time.Sleep(removalPause)
	}
	return err
}

func removeTree(path string) error {
	err := syscall.Rmdir(path)
	if !errors.Is(err, syscall.EBUSY) {
		if errors.Is(err, syscall.ENOENT) {
			return nil
		}
		return err
	}
	// A cgroup with children is as busy as one with processes.
	entries, listing := os.ReadDir(path)
	if listing != nil {
		return listing
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(path, entry.Name())); err != nil {
				return err
			}
		}
	}
	return syscall.Rmdir(path)
}
