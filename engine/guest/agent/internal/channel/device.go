package channel

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// portPattern finds port 1 of the virtio console, whatever the device's number. A port
	// that is no console moves whole pages; the console's terminal layer moves 16 bytes at a
	// time and pauses for 10 ms whenever 4 KiB wait. Where port 1 is a console too, opening it
	// fails with ENXIO.
	portPattern = "/dev/vport*p1"
	console     = "/dev/hvc0"
)

// Open opens the channel at a path, or the machine's own when name is empty, or takes over
// the file descriptor when name is a number. A terminal is put into raw mode.
func Open(name string) (*os.File, error) {
	if name != "" {
		return open(name)
	}
	ports, _ := filepath.Glob(portPattern)
	for _, port := range ports {
		if file, err := open(port); err == nil {
			return file, nil
		}
	}
	return open(console)
}

func open(name string) (*os.File, error) {
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
