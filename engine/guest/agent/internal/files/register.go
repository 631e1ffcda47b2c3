package files

import (
	"os"
	"path/filepath"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

type pathRequest struct {
	Path string `json:"path"`
}

type listReply struct {
	Entries []Info `json:"entries"`
}

// Register adds the operations on files.
func Register(registry *mux.Registry) {
	mux.Call(registry, "file.stat", func(request pathRequest) (Info, error) {
		if err := absolute(request.Path); err != nil {
			return Info{}, err
		}
		return stat(request.Path)
	})
	mux.Call(registry, "file.list", func(request pathRequest) (listReply, error) {
		if err := absolute(request.Path); err != nil {
			return listReply{}, err
		}
		entries, err := list(request.Path)
		return listReply{entries}, err
	})
	mux.Action(registry, "file.mkdir", func(request struct {
		pathRequest
		Mode *uint32 `json:"mode"`
	}) error {
		if err := absolute(request.Path); err != nil {
			return err
		}
		if err := os.MkdirAll(request.Path, 0o755); err != nil || request.Mode == nil {
			return err
		}
		return chmod(request.Path, *request.Mode)
	})
	mux.Action(registry, "file.remove", func(request struct {
		pathRequest
		Recursive bool `json:"recursive"`
	}) error {
		if err := absolute(request.Path); err != nil {
			return err
		}
		if request.Recursive {
			return os.RemoveAll(request.Path)
		}
		return os.Remove(request.Path)
	})
	mux.Action(registry, "file.rename", func(request struct {
		From string `json:"from"`
		To   string `json:"to"`
	}) error {
		if err := absolute(request.From); err != nil {
			return err
		}
		if err := absolute(request.To); err != nil {
			return err
		}
		return os.Rename(request.From, request.To)
	})
	mux.Call(registry, "file.usage", func(request struct {
		Paths []string `json:"paths"`
	}) (usageReply, error) {
		return usages(request.Paths)
	})
	mux.Action(registry, "file.mount", mount)
	mux.Action(registry, "file.unmount", func(request pathRequest) error { return unmount(request.Path) })
	mux.OnStream(registry, "file.read", read)
	mux.OnStream(registry, "file.write", write)
	mux.OnStream(registry, "file.watch", watch)
	mux.OnStream(registry, "tar.read", readTar)
	mux.OnStream(registry, "tar.write", writeTar)
}

func absolute(path string) error {
	if !filepath.IsAbs(path) {
		return wire.Errorf("EINVAL", "the path %q is not absolute", path)
	}
	return nil
}
