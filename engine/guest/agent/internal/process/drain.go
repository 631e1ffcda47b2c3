package process

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const (
	smallestBuffer = 4 << 10
	largestBuffer  = 32 << 10
)

// Pump hands everything that is read from file to deliver until the end. Reads are
// gathered: whatever is there, up to 32 KiB, is one call. Each slice has headroom spare
// bytes in front for a header and is only valid during the call. The file must be in
// non-blocking mode: a pipe, a socket or a terminal.
//
// The end is the file's, or, after StopWhenEmpty, the moment nothing is left to read.
func Pump(file *os.File, headroom int, deliver func(withHeadroom []byte) error) error {
	connection, err := file.SyscallConn()
	if err != nil {
		return err
	}
	buffer := make([]byte, headroom+smallestBuffer)
	stopping := false
	for {
		total, ended := headroom, false
		read := func(fd uintptr) bool {
			var again bool
			total, again, ended = fill(int(fd), buffer, total)
			return !again || total > headroom
		}
		if stopping {
			err = connection.Control(func(fd uintptr) { read(fd) })
			ended = ended || total == headroom
		} else {
			err = connection.Read(read)
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			stopping = true
			continue
		case errors.Is(err, os.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		if total > headroom {
			if err := deliver(buffer[:total]); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
		if total == len(buffer) && len(buffer) < largestBuffer {
			buffer = make([]byte, headroom+largestBuffer)
		}
	}
}

// fill reads until the buffer is full, nothing is there for now, or the file has ended,
// which for a terminal whose other end is closed is EIO.
func fill(fd int, buffer []byte, total int) (filled int, again, ended bool) {
	for total < len(buffer) {
		n, err := syscall.Read(fd, buffer[total:])
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return total, true, false
		case err != nil || n == 0:
			return total, false, true
		default:
			total += n
		}
	}
	return total, false, false
}

// StopWhenEmpty ends the Pump of file once nothing is left to read: for output whose writer
// has ended while children of it keep the other end open.
func StopWhenEmpty(file *os.File) {
	_ = file.SetReadDeadline(time.Unix(1, 0))
}
