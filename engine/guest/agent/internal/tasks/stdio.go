package tasks

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stdio holds the ends of a process's standard files: ours in non-blocking mode, theirs
// for crun to pass on. With a terminal, crun sends ours over a socket later.
type stdio struct {
	null                  *os.File
	theirs                [3]*os.File
	stdin, stdout, stderr *os.File
	console               *net.UnixListener
	consolePath           string
}

// consoleTimeout bounds how long crun may take from its end to the terminal's arrival.
const consoleTimeout = 10 * time.Second

// openStdio makes named pipes for output, which an agent that restarts opens again. The
// process's ends are open for reading too, so that it is never without a reader.
func openStdio(bundle, name string, stdin, terminal bool) (*stdio, error) {
	files := &stdio{}
	err := files.open(bundle, name, stdin, terminal)
	if err != nil {
		files.closeTheirs()
		files.closeOurs()
		return nil, fmt.Errorf("standard input and output: %w", err)
	}
	return files, nil
}

func (f *stdio) open(bundle, name string, stdin, terminal bool) (err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	f.null = null
	f.theirs = [3]*os.File{null, null, null}
	if terminal {
		f.consolePath = filepath.Join(bundle, name+".console")
		_ = os.Remove(f.consolePath)
		f.console, err = net.ListenUnix("unix", &net.UnixAddr{Name: f.consolePath, Net: "unix"})
		return err
	}
	if stdin {
		var ends [2]int
		if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
			return err
		}
		_ = syscall.SetNonblock(ends[1], true)
		f.theirs[0], f.stdin = os.NewFile(uintptr(ends[0]), "stdin"), os.NewFile(uintptr(ends[1]), "stdin")
	}
	if f.theirs[1], f.stdout, err = openOutput(filepath.Join(bundle, name+".stdout")); err != nil {
		return err
	}
	f.theirs[2], f.stderr, err = openOutput(filepath.Join(bundle, name+".stderr"))
	return err
}

func openOutput(path string) (theirs, ours *os.File, err error) {
	_ = os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, nil, err
	}
	// A plain descriptor: os.OpenFile would make it non-blocking for the container.
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	theirs = os.NewFile(uintptr(fd), path)
	ours, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	return theirs, ours, err
}

func (f *stdio) descriptors() (fds [3]uintptr) {
	for i, file := range f.theirs {
		fds[i] = file.Fd()
	}
	return fds
}

// arguments are crun's for a terminal.
func (f *stdio) arguments() []string {
	if f.console == nil {
		return nil
	}
	return []string{"--console-socket=" + f.consolePath}
}

// receiveTerminal waits for the terminal that crun sends. Call it after crun has ended well:
// what it sent is then waiting.
func (f *stdio) receiveTerminal() (*os.File, error) {
	_ = f.console.SetDeadline(time.Now().Add(consoleTimeout))
	connection, err := f.console.AcceptUnix()
	if err != nil {
		return nil, fmt.Errorf("waiting for the terminal: %w", err)
	}
	defer connection.Close()
	data, control := make([]byte, 256), make([]byte, unix.CmsgSpace(4))
	_, controlLength, _, _, err := connection.ReadMsgUnix(data, control)
	if err != nil {
		return nil, fmt.Errorf("receiving the terminal: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:controlLength])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("receiving the terminal: %d control messages, %v", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("receiving the terminal: %d files, %v", len(fds), err)
	}
	syscall.CloseOnExec(fds[0])
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		syscall.Close(fds[0])
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), "/dev/ptmx"), nil
}

func (f *stdio) closeTheirs() {
	for _, file := range append(f.theirs[:], f.null) {
		if file != nil {
			file.Close()
		}
	}
	if f.console != nil {
		f.console.Close()
	}
}

func (f *stdio) closeOurs() {
	for _, file := range []*os.File{f.stdin, f.stdout, f.stderr} {
		if file != nil {
			file.Close()
		}
	}
}
