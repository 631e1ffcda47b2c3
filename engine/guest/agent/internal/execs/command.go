package execs

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"drydock/agent/internal/wire"
)

// Request mirrors ExecRequest of engine/api/agent.ts.
type Request struct {
	Argv  []string           `json:"argv"`
	Env   map[string]string  `json:"env"`
	Cwd   string             `json:"cwd"`
	User  string             `json:"user"`
	TTY   *wire.TerminalSize `json:"tty"`
	Login bool               `json:"login"`
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// command is a request resolved against this machine.
type command struct {
	path       string
	argv       []string
	env        []string
	cwd        string
	credential *syscall.Credential
}

func resolve(request Request) (command, error) {
	if len(request.Argv) == 0 || request.Argv[0] == "" {
		return command{}, wire.Errorf("EINVAL", "argv is empty")
	}
	user, err := findAccount(request.User)
	if err != nil {
		return command{}, err
	}
	env := environment(request, user)
	cwd := request.Cwd
	if cwd == "" {
		if cwd = user.home; !request.Login || !isDirectory(cwd) {
			cwd = "/"
		}
	} else if !isDirectory(cwd) {
		return command{}, wire.Errorf("ENOENT", "the working directory %s is not a directory", cwd)
	}
	path, err := lookUp(request.Argv[0], cwd, env["PATH"])
	if err != nil {
		return command{}, err
	}
	resolved := command{path: path, argv: request.Argv, cwd: cwd}
	for name, value := range env {
		resolved.env = append(resolved.env, name+"="+value)
	}
	sort.Strings(resolved.env)
	if user.uid != 0 || user.gid != 0 {
		resolved.credential = &syscall.Credential{Uid: user.uid, Gid: user.gid, Groups: user.groups}
	}
	return resolved, nil
}

// environment starts from nothing but PATH, or from what login gives.
func environment(request Request, user account) map[string]string {
	env := map[string]string{"PATH": defaultPath}
	if request.Login {
		env["HOME"] = user.home
		env["USER"] = user.name
		env["LOGNAME"] = user.name
		env["SHELL"] = user.shell
		env["LANG"] = "C.UTF-8"
	}
	if request.Login || request.TTY != nil {
		env["TERM"] = "xterm-256color"
	}
	for name, value := range request.Env {
		env[name] = value
	}
	return env
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// lookUp finds a program as execvp does, with the child's PATH and working directory.
func lookUp(name, cwd, path string) (string, error) {
	if strings.Contains(name, "/") {
		absolute := name
		if !filepath.IsAbs(name) {
			absolute = filepath.Join(cwd, name)
		}
		if info, err := os.Stat(absolute); err != nil {
			return "", wire.Errorf("ENOENT", "%s: no such file or directory", name)
		} else if info.IsDir() || info.Mode()&0o111 == 0 {
			return "", wire.Errorf("EACCES", "%s: permission denied", name)
		}
		return name, nil
	}
	for _, directory := range strings.Split(path, ":") {
		if directory == "" {
			directory = cwd
		}
		candidate := filepath.Join(directory, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", wire.Errorf("ENOENT", "%s: command not found", name)
}
