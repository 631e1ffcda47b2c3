package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"drydock/agent/internal/mux"
)

// temporaryPrefix marks files being written; watches do not report them.
const temporaryPrefix = ".drydock-write-"

var temporaries atomic.Uint32

type writeRequest struct {
	Path        string  `json:"path"`
	Mode        *uint32 `json:"mode"`
	UID         *int    `json:"uid"`
	GID         *int    `json:"gid"`
	MakeParents bool    `json:"makeParents"`
	// InPlace writes into the file that is there: what is mounted elsewhere changes too
	InPlace bool `json:"inPlace"`
	// Append adds to the end of the file, which it makes if need be
	Append bool `json:"append"`
}

func write(stream *mux.Stream, request writeRequest) error {
	if err := absolute(request.Path); err != nil {
		return err
	}
	target, err := openTarget(request)
	if err != nil {
		return err
	}
	defer target.discard()
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	if _, err := io.CopyBuffer(onlyWriter{target.file}, onlyReader{stream}, make([]byte, readChunk)); err != nil {
		// A host that went away half-way must not leave half a file under the name.
		return stream.Finish(err)
	}
	return stream.Finish(target.commit())
}

// target is a file being written: a temporary one that takes the name when it is whole,
// or, where none can be made (/proc, a bind-mounted file), the file itself.
type target struct {
	file *os.File
	// temporary is "" when the file itself is written
	temporary, path string
	mode            uint32
	uid, gid        int
}

func openTarget(request writeRequest) (*target, error) {
	path := request.Path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if request.MakeParents {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
	}
	opened := &target{path: path, mode: 0o644, uid: -1, gid: -1}
	if request.Append {
		mode := opened.mode
		if request.Mode != nil {
			mode = *request.Mode & permissionBits
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, os.FileMode(mode))
		opened.file = file
		return opened, err
	}
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return nil, &os.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
		}
		existing := info.Sys().(*syscall.Stat_t)
		opened.mode, opened.uid, opened.gid = existing.Mode&permissionBits, int(existing.Uid), int(existing.Gid)
		if request.InPlace || !info.Mode().IsRegular() {
			opened.file, err = os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
			return opened, err
		}
	}
	if request.Mode != nil {
		opened.mode = *request.Mode & permissionBits
	}
	if request.UID != nil {
		opened.uid = *request.UID
	}
	if request.GID != nil {
		opened.gid = *request.GID
	}
	opened.temporary = filepath.Join(filepath.Dir(path), temporaryPrefix+strconv.Itoa(int(temporaries.Add(1))))
	file, err := os.OpenFile(opened.temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil && !errors.Is(err, os.ErrNotExist) || err != nil && strings.HasPrefix(path, "/proc/") {
		opened.temporary = ""
		file, err = os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	}
	if err != nil {
		var failure *os.PathError
		if errors.As(err, &failure) {
			failure.Path = path
		}
		return nil, err
	}
	opened.file = file
	return opened, nil
}

func (t *target) commit() error {
	if t.temporary == "" {
		return t.file.Close()
	}
	if t.uid >= 0 || t.gid >= 0 {
		if err := t.file.Chown(t.uid, t.gid); err != nil {
			return err
		}
	}
	if err := syscall.Fchmod(int(t.file.Fd()), t.mode); err != nil {
		return err
	}
	if err := t.file.Close(); err != nil {
		return err
	}
	err := os.Rename(t.temporary, t.path)
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) {
		err = copyOver(t.temporary, t.path)
	}
	if err == nil {
		t.temporary = ""
	}
	return err
}

// copyOver writes in place: a mount point cannot be renamed over.
func copyOver(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	destination, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	if _, err := io.Copy(destination, source); err != nil {
		destination.Close()
		return err
	}
	if err := destination.Close(); err != nil {
		return err
	}
	return os.Remove(from)
}

func (t *target) discard() {
	t.file.Close()
	if t.temporary != "" {
		_ = os.Remove(t.temporary)
	}
}

// chmod sets permission and set-id bits as the kernel numbers them.
func chmod(path string, mode uint32) error {
	if err := syscall.Chmod(path, mode&permissionBits); err != nil {
		return &os.PathError{Op: "chmod", Path: path, Err: err}
	}
	return nil
}
