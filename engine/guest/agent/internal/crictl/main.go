// Package crictl is the machine's end of the program of that name. What its commands do and print is known to the
// container runtime, which is no process of the machine; here are the arguments, the terminal and the exit status.
package crictl

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"drydock/agent/internal/wire"
)

// Name is the file name under which the agent is this program.
const Name = "crictl"

// socket is where the runtime answers.
const socket = "/run/drydock/cri.sock"

// failed is the exit status for want of another.
const failed = 1

type request struct {
	Args        []string `json:"args"`
	Environment []string `json:"environment"`
	Terminal    struct {
		Stdin  bool              `json:"stdin"`
		Stderr bool              `json:"stderr"`
		Size   wire.TerminalSize `json:"size"`
	} `json:"terminal"`
}

// lending is what the runtime says when it wants the standard input.
type lending struct {
	Raw bool `json:"raw"`
}

// Main runs one command and returns its exit status.
func Main() int {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		complain(fmt.Sprintf("validate service connection: validate CRI v1 runtime API for endpoint \"unix://%s\": rpc error: "+
			"code = Unavailable desc = connection error: desc = \"transport: Error while dialing: %v\"", socket, err))
		return failed
	}
	defer connection.Close()
	terminal := &terminal{file: os.Stdin}
	defer terminal.restore()
	asked := request{Args: os.Args[1:], Environment: os.Environ()}
	asked.Terminal.Stdin = isTerminal(os.Stdin)
	asked.Terminal.Stderr = isTerminal(os.Stderr)
	asked.Terminal.Size = sizeOf(os.Stdin)
	if err := wire.WriteMessage(connection, asked); err != nil {
		complain(err.Error())
		return failed
	}
	code, err := follow(connection, terminal)
	if err != nil {
		terminal.restore()
		complain(fmt.Sprintf("rpc error: code = Unavailable desc = error reading from server: %v", err))
	}
	return code
}

// follow does what the runtime says until it tells the exit status.
func follow(connection net.Conn, terminal *terminal) (int, error) {
	for {
		kind, length, err := wire.ReadFrameHeader(connection)
		if err != nil {
			return failed, err
		}
		payload := io.LimitReader(connection, int64(length))
		switch kind {
		case wire.FrameStdout:
			_, err = io.Copy(os.Stdout, payload)
		case wire.FrameStderr:
			_, err = io.Copy(os.Stderr, payload)
		case wire.FrameStdin:
			var wanted lending
			if err = wire.ReadControl(payload, length, &wanted); err == nil {
				err = terminal.lend(connection, wanted.Raw)
			}
		case wire.FrameExit:
			var exit wire.ExitStatus
			err = wire.ReadControl(payload, length, &exit)
			return exit.Code, err
		default:
			err = errors.New("a frame of an unknown type")
		}
		if err != nil {
			return failed, err
		}
	}
}

// complain writes as crictl's logger does, on a terminal and elsewhere.
func complain(message string) {
	if isTerminal(os.Stderr) {
		fmt.Fprintf(os.Stderr, "\x1b[31mERRO\x1b[0m[0000] %-44s \n", message)
		return
	}
	fmt.Fprintf(os.Stderr, "time=%q level=error msg=%q\n", time.Now().Format(time.RFC3339), message)
}
