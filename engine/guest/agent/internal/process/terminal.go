package process

import (
	"fmt"
	"os"
	"syscall"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// OpenTerminal makes a pseudo-terminal and returns its two ends.
func OpenTerminal(size wire.TerminalSize) (master, slave *os.File, err error) {
	fd, err := syscall.Open("/dev/ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		syscall.Close(fd)
		return nil, nil, fmt.Errorf("unlocking a pseudo-terminal: %w", err)
	}
	peer, _, number := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC)
	if number != 0 {
		syscall.Close(fd)
		return nil, nil, fmt.Errorf("opening a pseudo-terminal's other end: %w", number)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	slave = os.NewFile(peer, "pts")
	if err := Resize(master, size); err != nil {
		master.Close()
		slave.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

// Resize sets a terminal's size; the kernel tells the foreground process group.
func Resize(terminal *os.File, size wire.TerminalSize) error {
	return control(terminal, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: size.Rows, Col: size.Cols})
	})
}

// ForegroundGroup returns the process group that owns the terminal, or 0.
func ForegroundGroup(terminal *os.File) int {
	group := 0
	_ = control(terminal, func(fd int) (err error) {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group
}

func control(file *os.File, do func(fd int) error) error {
	connection, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := connection.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
