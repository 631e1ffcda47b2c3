package channel

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Open opens the channel at a path, or takes over the file descriptor when name is a
// number. A terminal is put into raw mode.
func Open(name string) (*os.File, error) {
	fd, err := strconv.Atoi(name)
	if err != nil {
		if fd, err = syscall.Open(name, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0); err != nil {
			return nil, fmt.Errorf("opening the channel %s: %w", name, err)
		}
	} else {
		syscall.CloseOnExec(fd)
		if err := syscall.SetNonblock(fd, true); err != nil {
			return nil, fmt.Errorf("channel %d: %w", fd, err)
		}
	}
	if settings, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
		settings.Iflag = 0
		settings.Oflag = 0
		settings.Lflag = 0
		settings.Cflag = settings.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
		settings.Cc[unix.VMIN] = 1
		settings.Cc[unix.VTIME] = 0
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, settings); err != nil {
			return nil, fmt.Errorf("raw mode on the channel: %w", err)
		}
	}
	return os.NewFile(uintptr(fd), name), nil
}
