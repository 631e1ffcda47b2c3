package execs

import (
	"os"
	"syscall"

	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// child is a started program with the agent's ends of its input and output. With a
// terminal, input and stdout are the same file and stderr is nil.
type child struct {
	*process.Process
	input, stdout, stderr *os.File
	terminal              bool
}

func start(reaper *process.Reaper, request Request) (*child, error) {
	program, err := resolve(request)
	if err != nil {
		return nil, err
	}
	started := &child{terminal: request.TTY != nil}
	attr := &syscall.ProcAttr{
		Dir: program.cwd,
		Env: program.env,
		Sys: &syscall.SysProcAttr{Setsid: true, Credential: program.credential},
	}
	var theirs []*os.File
	if request.TTY != nil {
		master, slave, err := process.OpenTerminal(*request.TTY)
		if err != nil {
			return nil, err
		}
		if program.credential != nil {
			_ = slave.Chown(int(program.credential.Uid), -1)
		}
		started.input, started.stdout = master, master
		theirs = []*os.File{slave, slave, slave}
		attr.Sys.Setctty = true
	} else {
		theirs, err = started.openPipes()
		if err != nil {
			return nil, err
		}
	}
	for _, file := range theirs {
		attr.Files = append(attr.Files, file.Fd())
	}
	started.Process, err = reaper.Start(program.path, program.argv, attr)
	for _, file := range theirs {
		file.Close()
	}
	if err != nil {
		started.close()
		if number, ok := err.(syscall.Errno); ok {
			return nil, wire.Errorf(wire.AsError(number).Code, "%s: %v", request.Argv[0], err)
		}
		return nil, err
	}
	return started, nil
}

func (c *child) openPipes() ([]*os.File, error) {
	var pipes [3][2]int
	for i := range pipes {
		if err := syscall.Pipe2(pipes[i][:], syscall.O_CLOEXEC); err != nil {
			for _, opened := range pipes[:i] {
				syscall.Close(opened[0])
				syscall.Close(opened[1])
			}
			return nil, err
		}
	}
	ours := func(fd int) *os.File {
		_ = syscall.SetNonblock(fd, true)
		return os.NewFile(uintptr(fd), "pipe")
	}
	c.input, c.stdout, c.stderr = ours(pipes[0][1]), ours(pipes[1][0]), ours(pipes[2][0])
	theirs := func(fd int) *os.File { return os.NewFile(uintptr(fd), "pipe") }
	return []*os.File{theirs(pipes[0][0]), theirs(pipes[1][1]), theirs(pipes[2][1])}, nil
}

func (c *child) close() {
	c.input.Close()
	c.stdout.Close()
	if c.stderr != nil {
		c.stderr.Close()
	}
}

// signal reaches the terminal's foreground process group, or the child's own group.
func (c *child) signal(number syscall.Signal) error {
	group := c.Pid
	if c.terminal {
		if foreground := process.ForegroundGroup(c.input); foreground > 0 {
			group = foreground
		}
	}
	return syscall.Kill(-group, number)
}
