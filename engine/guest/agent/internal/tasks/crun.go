package tasks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"drydock/agent/internal/process"
	"drydock/agent/internal/wire"
)

// crunPaths are where the OCI runtime may be installed.
var crunPaths = []string{"/usr/bin/crun", "/usr/local/bin/crun"}

// crunState is crun's own directory for what it knows of containers, so that `crun list`
// and `crun state ID` show tasks.
const crunState = "/run/crun"

// crun runs one command of the runtime and adopts the process it leaves behind: as a
// subreaper, the agent inherits it when crun ends. files are the process's standard files.
// Errors are what crun reports.
func (s *Store) crun(bundle, name string, arguments []string, files [3]uintptr) (*process.Process, error) {
	logPath, pidPath := filepath.Join(bundle, name+".log"), filepath.Join(bundle, name+".pid")
	argv := append([]string{"crun", "--cgroup-manager=cgroupfs", "--log=" + logPath, "--log-format=json"}, arguments[0], "--detach", "--pid-file="+pidPath)
	argv = append(argv, arguments[1:]...)
	child, err := s.reaper.Start(crunPath(), argv, &syscall.ProcAttr{
		Dir:   bundle,
		Env:   []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Files: files[:],
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, wire.Errorf(wire.CodeTask, "starting crun: %v", err)
	}
	if exit := child.Wait(); exit.Code != 0 {
		return nil, wire.Errorf(wire.CodeTask, "%s", crunMessage(logPath, exit))
	}
	content, err := os.ReadFile(pidPath)
	if err != nil {
		return nil, wire.Errorf(wire.CodeTask, "crun left no process id: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return nil, wire.Errorf(wire.CodeTask, "crun left %q as process id", content)
	}
	return s.reaper.Adopt(pid), nil
}

func crunPath() string {
	for _, path := range crunPaths {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return crunPaths[0]
}

// crunMessage returns the last error of crun's log, which has a JSON object a line.
func crunMessage(path string, exit wire.ExitStatus) string {
	message := "crun ended with status " + strconv.Itoa(exit.Code)
	content, _ := os.ReadFile(path)
	for line := range strings.Lines(string(content)) {
		var entry struct {
			Message string `json:"msg"`
			Level   string `json:"level"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Message != "" && entry.Level != "warning" {
			message = entry.Message
		}
	}
	return message
}
