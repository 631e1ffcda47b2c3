// drydock-agent is the one process that Drydock runs in every machine. It serves the
// operations of engine/api/agent.ts over one byte channel; docs/agent-protocol.md
// describes them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/channel"
	"drydock/agent/internal/cni"
	"drydock/agent/internal/cniplugin"
	"drydock/agent/internal/crictl"
	"drydock/agent/internal/execs"
	"drydock/agent/internal/files"
	"drydock/agent/internal/identity"
	"drydock/agent/internal/mux"
	"drydock/agent/internal/network"
	"drydock/agent/internal/process"
	"drydock/agent/internal/quiesce"
	"drydock/agent/internal/sockets"
	"drydock/agent/internal/stats"
	"drydock/agent/internal/tasks"

	"golang.org/x/sys/unix"
)

const version = "0.1.0"

const (
	// gcPercent trades memory for instructions: the heap is a few hundred KiB
	gcPercent = 400
	// reopenPause keeps a broken device from being a busy loop
	reopenPause = 200 * time.Millisecond
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case cniplugin.Name: // the network's default plugin
		os.Exit(cniplugin.Main())
	case crictl.Name:
		os.Exit(crictl.Main())
	}
	path := flag.String("channel", "", "the byte channel to the host: a path, or a file descriptor's number; empty finds the machine's own")
	flag.Parse()
	debug.SetGCPercent(gcPercent)
	if err := serve(*path); err != nil {
		fmt.Fprintln(os.Stderr, "drydock-agent:", err)
		os.Exit(1)
	}
}

func serve(path string) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming a subreaper: %w", err)
	}
	registry := register()
	_, err := strconv.Atoi(path)
	isDescriptor := err == nil
	for {
		device, err := channel.Open(path)
		if err != nil {
			return err
		}
		err = sessions(device, registry, markStart())
		device.Close()
		if isDescriptor {
			// The other end of a socket is closed: in tests, the end of the machine.
			if errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) {
				return nil
			}
			return err
		}
		time.Sleep(reopenPause)
	}
}

func register() *mux.Registry {
	reaper := process.NewReaper()
	registry := mux.NewRegistry()
	registerHello(registry)
	execs.Register(registry, reaper)
	files.Register(registry)
	identity.Register(registry)
	sockets.Register(registry)
	stats.Register(registry)
	quiesce.Register(registry)
	cgroup.Register(registry)
	pods := cni.New(reaper, cniplugin.Name, cniplugin.New(reaper).Serve)
	network.New(reaper, pods).Register(registry)
	tasks.NewStore(reaper).Register(registry)
	return registry
}

// startMark exists once an agent has run since the machine booted.
const startMark = "/run/drydock/agent-started"

// markStart tells whether another agent used the channel before this one.
func markStart() bool {
	_ = os.MkdirAll(filepath.Dir(startMark), 0o755)
	mark, err := os.OpenFile(startMark, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return os.IsExist(err)
	}
	mark.Close()
	return false
}

// sessions serves one session after the other until the device fails.
func sessions(device *os.File, registry *mux.Registry, restarted bool) error {
	line := channel.New(device, restarted)
	for {
		connection, err := line.Accept()
		if err != nil {
			return err
		}
		// Why a session ended does not matter: the host begins the next.
		_ = mux.Serve(connection, registry)
	}
}
