package cni

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// Call is one execution of a plugin.
type Call struct {
	Command     string
	ContainerID string
	Netns       string
	IfName      string
	Args        string
	Path        string
	// Stdin is the plugin's configuration
	Stdin []byte
}

// Error is what a plugin prints when it fails. Codes are those of the specification.
type Error struct {
	Version string `json:"cniVersion,omitempty"`
	Code    uint   `json:"code"`
	Msg     string `json:"msg"`
	Details string `json:"details,omitempty"`
}

func (e *Error) Error() string {
	if e.Details == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Details
}

// BuiltIn answers a call like a plugin, without a process.
type BuiltIn func(Call) ([]byte, error)

// run executes the plugin, here when it is this very program. It returns what the plugin printed.
func (n *Network) run(kind string, call Call) ([]byte, error) {
	path := filepath.Join(PluginDirectory, kind)
	info, err := os.Stat(path)
	if kind == "" || filepath.Base(kind) != kind || err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("failed to find plugin %q in path [%s]", kind, PluginDirectory)
	}
	if self, err := os.Stat("/proc/self/exe"); err == nil && os.SameFile(self, info) && kind == n.name {
		return n.builtIn(call)
	}
	return execute(n.reaper, path, call)
}

// execute talks to the plugin through files, not pipes: nobody needs to read while it runs.
func execute(reaper *process.Reaper, path string, call Call) ([]byte, error) {
	var files [3]*os.File
	for i, name := range []string{"stdin", "stdout", "stderr"} {
		descriptor, err := unix.MemfdCreate("cni-"+name, unix.MFD_CLOEXEC)
		if err != nil {
			return nil, err
		}
		files[i] = os.NewFile(uintptr(descriptor), name)
		defer files[i].Close()
	}
	if _, err := files[0].Write(call.Stdin); err != nil {
		return nil, err
	}
	if _, err := files[0].Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	child, err := reaper.Start(path, []string{path}, &syscall.ProcAttr{
		Dir: "/", Env: call.environment(), Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, fmt.Errorf("fork/exec %s: %w", path, err)
	}
	exit := child.Wait()
	output, complaint := content(files[1]), content(files[2])
	if exit.Code == 0 {
		return output, nil
	}
	return nil, failure(exit, output, complaint)
}

func (c Call) environment() []string {
	return []string{
		"CNI_COMMAND=" + c.Command, "CNI_CONTAINERID=" + c.ContainerID, "CNI_NETNS=" + c.Netns, "CNI_ARGS=" + c.Args,
		"CNI_IFNAME=" + c.IfName, "CNI_PATH=" + c.Path, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}
}

func content(file *os.File) []byte {
	var text bytes.Buffer
	if _, err := file.Seek(0, io.SeekStart); err == nil {
		_, _ = text.ReadFrom(file)
	}
	return text.Bytes()
}

// failure says it as libcni does.
func failure(exit wire.ExitStatus, output, complaint []byte) error {
	how := "exit status " + strconv.Itoa(exit.Code)
	if exit.Signal != "" {
		how = "signal: " + exit.Signal
	}
	if len(output) == 0 {
		if len(complaint) == 0 {
			return &Error{Msg: "netplugin failed with no error message: " + how}
		}
		return &Error{Msg: fmt.Sprintf("netplugin failed: %q: %s", complaint, how)}
	}
	refused := &Error{}
	if json.Unmarshal(output, refused) != nil {
		return &Error{Msg: fmt.Sprintf("netplugin failed but error parsing its diagnostic message %q: %s", output, how)}
	}
	return refused
}
