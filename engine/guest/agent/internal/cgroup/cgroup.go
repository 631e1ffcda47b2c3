// Package cgroup reads, writes and removes directories of cgroup v2.
package cgroup

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

const root = "/sys/fs/cgroup"

// File returns the path of a cgroup's file.
func File(cgroup, name string) string { return filepath.Join(root, cgroup, name) }

// Write writes a cgroup's file.
func Write(cgroup, name, value string) error {
	return os.WriteFile(File(cgroup, name), []byte(value), 0)
}

// WriteAll writes several.
func WriteAll(cgroup string, files map[string]string) error {
	for name, value := range files {
		if strings.ContainsRune(name, '/') {
			return wire.Errorf("EINVAL", "%q is not a file of a cgroup", name)
		}
		if err := Write(cgroup, name, value); err != nil {
			return err
		}
	}
	return nil
}

// Make makes a cgroup with those above it. Each gets all controllers that the one above has.
func Make(cgroup string) error {
	path := filepath.Join(root, cgroup)
	err := syscall.Mkdir(path, 0o755)
	if errors.Is(err, syscall.ENOENT) && path != root {
		if err := Make(filepath.Dir(filepath.Clean(cgroup))); err != nil {
			return err
		}
		err = syscall.Mkdir(path, 0o755)
	}
	if errors.Is(err, syscall.EEXIST) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return enable(filepath.Dir(path))
}

// enable gives the controllers of a cgroup to those below it.
func enable(path string) error {
	controllers, err := os.ReadFile(filepath.Join(path, "cgroup.controllers"))
	if err != nil {
		return err
	}
	wanted := ""
	for _, controller := range strings.Fields(string(controllers)) {
		wanted += " +" + controller
	}
	if wanted == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(path, "cgroup.subtree_control"), []byte(wanted[1:]), 0)
}

// Pids lists the processes of a cgroup and of those below it.
func Pids(cgroup string) ([]int, error) {
	pids := []int{}
	err := filepath.WalkDir(filepath.Join(root, cgroup), func(path string, entry os.DirEntry, err error) error {
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

// OOMKills returns how often the out-of-memory killer struck in the cgroup.
func OOMKills(cgroup string) int64 {
	return keyed(File(cgroup, "memory.events"))["oom_kill"]
}

const (
	// removalTries times removalPause bounds the wait for killed processes to leave a cgroup
	removalTries = 100
	removalPause = 10 * time.Millisecond
)

// Destroy kills what is left in a cgroup and removes it with those below it.
func Destroy(cgroup string) error {
	var err error
	for range removalTries {
		if err = Remove(cgroup); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		_ = Write(cgroup, "cgroup.kill", "1")
		time.Sleep(removalPause)
	}
	return err
}

// Remove removes a cgroup with those below it, if it is there. EBUSY while a process is in one of them.
func Remove(cgroup string) error { return removeTree(filepath.Join(root, cgroup)) }

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
