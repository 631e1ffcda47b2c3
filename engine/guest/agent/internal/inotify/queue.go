// Package inotify reads the kernel's queue of file events.
package inotify

import (
	"encoding/binary"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Queue holds watches. Interrupt and Close may be called from another goroutine, and end Read.
type Queue struct {
	fd   int
	file *os.File
	// buffer fits an event with the longest name many times
	buffer [16 << 10]byte
}

// Event tells what happened to what a watch is on, or to an entry of it with a name.
type Event struct {
	Watch int
	Mask  uint32
	Name  string
}

// New opens a queue.
func New() (*Queue, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	return &Queue{fd: fd, file: os.NewFile(uintptr(fd), "inotify")}, nil
}

// Add watches a path for the events in mask.
func (q *Queue) Add(path string, mask uint32) (int, error) {
	watch, err := unix.InotifyAddWatch(q.fd, path, mask)
	if err != nil {
		return 0, &os.PathError{Op: "watch", Path: path, Err: err}
	}
	return watch, nil
}

// Read waits for events.
func (q *Queue) Read() ([]Event, error) {
	length, err := q.file.Read(q.buffer[:])
	if err != nil {
		return nil, err
	}
	var events []Event
	for rest := q.buffer[:length]; len(rest) >= unix.SizeofInotifyEvent; {
		nameLength := int(binary.NativeEndian.Uint32(rest[12:]))
		event := Event{
			Watch: int(int32(binary.NativeEndian.Uint32(rest))),
			Mask:  binary.NativeEndian.Uint32(rest[4:]),
		}
		rest = rest[unix.SizeofInotifyEvent:]
		event.Name = strings.TrimRight(string(rest[:nameLength]), "\x00")
		rest = rest[nameLength:]
		events = append(events, event)
	}
	return events, nil
}

// Remove ends a watch.
func (q *Queue) Remove(watch int) { _, _ = unix.InotifyRmWatch(q.fd, uint32(watch)) }

// Interrupt ends Read, this one and all later ones.
func (q *Queue) Interrupt() { _ = q.file.SetReadDeadline(time.Unix(1, 0)) }

// Close ends all watches.
func (q *Queue) Close() { q.file.Close() }
