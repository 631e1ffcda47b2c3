package tasks

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

type rootRequest struct {
	Target string `json:"target"`
	// Overlay is mounted, or where that is nil the directory Merged shown once more
	Overlay *Overlay `json:"overlay"`
	Merged  string   `json:"merged"`
	Binds   []struct {
		Source string `json:"source"`
		// Target is a path inside the root
		Target string `json:"target"`
	} `json:"binds"`
}

// mountRoot makes a container's root file system appear with its volumes, for somebody who
// looks at it from outside.
func mountRoot(request rootRequest) (err error) {
	if request.Target == "" || request.Overlay == nil && request.Merged == "" {
		return wire.Errorf("EINVAL", "a root needs a target, and an overlay or a merged directory")
	}
	if request.Overlay != nil {
		overlay := *request.Overlay
		overlay.Target = request.Target
		err = overlay.mount()
	} else if err = os.MkdirAll(request.Target, 0o755); err == nil {
		err = unix.Mount(request.Merged, request.Target, "", unix.MS_BIND, "")
	}
	if err != nil {
		return fmt.Errorf("mounting a root at %s: %w", request.Target, err)
	}
	defer func() {
		if err != nil {
			_ = unmount(request.Target)
		}
	}()
	for _, bind := range request.Binds {
		if err := bindInside(request.Target, bind.Source, bind.Target); err != nil {
			return fmt.Errorf("mounting %s at %s: %w", bind.Source, bind.Target, err)
		}
	}
	return nil
}

// bindInside shows source at a path below root, which is made where it is missing. No
// symbolic link leads out of root.
func bindInside(root, source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	base, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(base)
	place, err := openInside(base, path.Clean("/"+target), info.IsDir())
	if err != nil {
		return err
	}
	defer unix.Close(place)
	return unix.Mount(source, "/proc/self/fd/"+strconv.Itoa(place), "", unix.MS_BIND|unix.MS_REC, "")
}

// openInside opens a path below base, and makes what is missing: directories, and at the end
// a directory or an empty file.
func openInside(base int, name string, isDirectory bool) (int, error) {
	how := &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	inside := strings.TrimPrefix(name, "/")
	if inside == "" {
		inside = "."
	}
	place, err := unix.Openat2(base, inside, how)
	if !errors.Is(err, syscall.ENOENT) || name == "/" {
		return place, err
	}
	parent, err := openInside(base, path.Dir(name), true)
	if err != nil {
		return -1, err
	}
	defer unix.Close(parent)
	if isDirectory {
		err = unix.Mkdirat(parent, path.Base(name), 0o755)
	} else {
		err = unix.Mknodat(parent, path.Base(name), unix.S_IFREG|0o755, 0)
	}
	if err != nil && !errors.Is(err, syscall.EEXIST) {
		return -1, err
	}
	return unix.Openat2(base, inside, how)
}
