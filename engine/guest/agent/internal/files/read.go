package files

import (
	"io"
	"os"
	"path/filepath"
	"syscall"

	"drydock/agent/internal/inotify"
	"drydock/agent/internal/mux"

	"golang.org/x/sys/unix"
)

// readChunk is what one read takes and one frame carries.
const readChunk = 32 << 10

type readRequest struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset"`
	Length *int64 `json:"length"`
	Follow bool   `json:"follow"`
}

func read(stream *mux.Stream, request readRequest) error {
	if err := absolute(request.Path); err != nil {
		return err
	}
	// Non-blocking: opening a fifo without a writer must not hang.
	file, err := os.OpenFile(request.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &os.PathError{Op: "read", Path: request.Path, Err: syscall.EISDIR}
	}
	if request.Offset > 0 {
		if _, err := file.Seek(request.Offset, io.SeekStart); err != nil {
			return err
		}
	}
	if err := stream.Reply(infoOf(request.Path, info)); err != nil {
		return err
	}
	if !request.Follow {
		var source io.Reader = file
		if request.Length != nil {
			source = io.LimitReader(file, *request.Length)
		}
		_, err = io.CopyBuffer(onlyWriter{stream}, onlyReader{source}, make([]byte, readChunk))
		return err
	}
	return follow(stream, &file, request.Path)
}

// onlyWriter and onlyReader hide shortcuts that would bypass the buffer.
type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// follow sends what is appended until the host half-closes, and then what is there by then. A
// file that is replaced or truncated is read from its start. One that was renamed, as a log is
// rotated, is followed under its new name until there is another one with the old name.
func follow(stream *mux.Stream, file **os.File, path string) error {
	notify, err := inotify.New()
	if err != nil {
		return err
	}
	gone := stream.Gone()
	go func() {
		<-gone
		notify.Interrupt()
	}()
	defer notify.Close()
	const changes = unix.IN_MODIFY | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF | unix.IN_ATTRIB
	if _, err := notify.Add(path, changes); err != nil {
		return err
	}
	directory := -1
	buffer := make([]byte, readChunk)
	for ended := false; ; {
		if err := sendRest(stream, *file, buffer); err != nil {
			return err
		}
		next, err := replacement(*file, path)
		if os.IsNotExist(err) && directory == -1 {
			// The name may come back before the directory is watched: look again.
			if directory, err = notify.Add(filepath.Dir(path), unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
				return nil
			}
			continue
		}
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if next != nil {
			// Who writes to it wrote the last to the other one before.
			if err := sendRest(stream, *file, buffer); err != nil {
				next.Close()
				return err
			}
			(*file).Close()
			*file = next
			if directory != -1 {
				notify.Remove(directory)
				directory = -1
			}
			// It may have been renamed already, which the next round finds.
			_, _ = notify.Add(path, changes)
			continue
		}
		if ended {
			return nil
		}
		if _, err := notify.Read(); err != nil {
			ended = true
		}
	}
}

func sendRest(stream *mux.Stream, file *os.File, buffer []byte) error {
	if position, err := file.Seek(0, io.SeekCurrent); err == nil {
		if info, err := file.Stat(); err == nil && info.Size() < position {
			_, _ = file.Seek(0, io.SeekStart)
		}
	}
	_, err := io.CopyBuffer(onlyWriter{stream}, onlyReader{file}, buffer)
	return err
}

// replacement opens the file that now has the name, unless it is still the same.
func replacement(current *os.File, path string) (*os.File, error) {
	info, err := current.Stat()
	if err != nil {
		return nil, err
	}
	named, err := os.Stat(path)
	if err != nil || os.SameFile(info, named) {
		return nil, err
	}
	return os.Open(path)
}
