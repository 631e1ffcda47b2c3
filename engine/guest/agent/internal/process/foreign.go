package process

import (
	"os"
	"time"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// Watch waits for a process that need not be the agent's child. Its status is not known
// then: it ends with the given code.
func (r *Reaper) Watch(pid, code int) (*Process, error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	connection, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	process := &Process{Pid: pid, done: make(chan struct{})}
	go func() {
		defer file.Close()
		// The descriptor becomes readable when the process ends.
		_ = connection.Read(func(fd uintptr) bool {
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return ready > 0 || err != nil && err != unix.EINTR
		})
		process.status = wire.ExitStatus{Code: code, FinishedAt: time.Now().UnixMilli()}
		close(process.done)
	}()
	return process, nil
}
