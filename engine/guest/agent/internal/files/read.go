package files

import (
	"io"
	"os"
	"syscall"

	"drydock/agent/internal/inotify"
	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"

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
// file that is replaced or truncated, as a rotated log is, is read from its start.
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
	buffer := make([]byte, readChunk)
	for ended := false; ; {
		if err := sendRest(stream, *file, buffer); err != nil {
			return err
		}
		replaced, err := reopenIfReplaced(file, path)
		if err != nil {
			return err
		}
		if replaced {
			if _, err := notify.Add(path, changes); err != nil {
				return err
			}
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

// reopenIfReplaced switches to the file that now has the name. It ends, with an error, when
// the name is gone.
func reopenIfReplaced(file **os.File, path string) (bool, error) {
	current, err := (*file).Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(path)
	if err != nil {
		return false, wire.AsError(err)
	}
	if os.SameFile(current, named) {
		return false, nil
	}
	next, err := os.Open(path)
	if err != nil {
		return false, err
	}
	(*file).Close()
	*file = next
	return true, nil
}
