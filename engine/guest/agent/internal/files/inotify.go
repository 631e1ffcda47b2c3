package files

import (
	"encoding/binary"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// inotify is the kernel's watch queue. Close may be called from another goroutine, and ends read.
type inotify struct {
	fd   int
	file *os.File
	// buffer fits an event with the longest name many times
	buffer [16 << 10]byte
}

type inotifyEvent struct {
	watch int
	mask  uint32
	name  string
}

func newInotify() (*inotify, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	return &inotify{fd: fd, file: os.NewFile(uintptr(fd), "inotify")}, nil
}

func (n *inotify) add(path string, mask uint32) (int, error) {
	watch, err := unix.InotifyAddWatch(n.fd, path, mask)
	if err != nil {
		return 0, &os.PathError{Op: "watch", Path: path, Err: err}
	}
	return watch, nil
}

// read waits for events.
func (n *inotify) read() ([]inotifyEvent, error) {
	length, err := n.file.Read(n.buffer[:])
	if err != nil {
		return nil, err
	}
	var events []inotifyEvent
	for rest := n.buffer[:length]; len(rest) >= unix.SizeofInotifyEvent; {
		nameLength := int(binary.NativeEndian.Uint32(rest[12:]))
		event := inotifyEvent{
			watch: int(int32(binary.NativeEndian.Uint32(rest))),
			mask:  binary.NativeEndian.Uint32(rest[4:]),
		}
		rest = rest[unix.SizeofInotifyEvent:]
		event.name = strings.TrimRight(string(rest[:nameLength]), "\x00")
		rest = rest[nameLength:]
		events = append(events, event)
	}
	return events, nil
}

func (n *inotify) Close() { n.file.Close() }
