package cgroup

import (
	"os"
	"path/filepath"
	"strings"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

type pathRequest struct {
	Path string `json:"path"`
}

// Register adds the operations on cgroups.
func Register(registry *mux.Registry) {
	mux.Action(registry, "cgroup.set", func(request struct {
		pathRequest
		Files map[string]string `json:"files"`
	}) error {
		if err := check(request.Path); err != nil {
			return err
		}
		if err := Make(request.Path); err != nil {
			return err
		}
		return WriteAll(request.Path, request.Files)
	})
	mux.Action(registry, "cgroup.remove", func(request pathRequest) error {
		if err := check(request.Path); err != nil {
			return err
		}
		return Remove(request.Path)
	})
	mux.Call(registry, "cgroup.stats", func(request pathRequest) (Stats, error) {
		if err := check(request.Path); err != nil {
			return Stats{}, err
		}
		if _, err := os.Stat(filepath.Join(root, request.Path)); err != nil {
			return Stats{}, err
		}
		return Read(request.Path), nil
	})
}

func check(path string) error {
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "..") {
		return wire.Errorf("EINVAL", "%q is not an absolute path of cgroupfs", path)
	}
	return nil
}
