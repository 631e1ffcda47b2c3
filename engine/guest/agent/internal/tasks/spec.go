// Package tasks runs containers: one task each, started by crun, with the agent as owner of
// its input and output, its log and its exit status, as a shim is elsewhere.
package tasks

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"drydock/agent/internal/wire"
)

// Overlay mirrors OverlaySpec of engine/api/agent.ts.
type Overlay struct {
	Lower  []string `json:"lower"`
	Upper  string   `json:"upper"`
	Work   string   `json:"work"`
	Target string   `json:"target"`
}

// LogSpec says where and how output is logged.
type LogSpec struct {
	Path     string `json:"path"`
	Format   string `json:"format"`
	MaxBytes int64  `json:"maxBytes"`
	MaxFiles int    `json:"maxFiles"`
	// Compress applies to files that are full
	Compress bool `json:"compress"`
}

// Spec mirrors TaskSpec of engine/api/agent.ts.
type Spec struct {
	ID      string          `json:"id"`
	Sandbox string          `json:"sandbox"`
	Overlay Overlay         `json:"overlay"`
	Config  json.RawMessage `json:"config"`
	Files   []struct {
		// Path is absolute, or below the task's bundle directory
		Path    string `json:"path"`
		Mode    uint32 `json:"mode"`
		Content string `json:"content"`
	} `json:"files"`
	// Directories are made where nothing is
	Directories []string           `json:"directories"`
	Stdin       bool               `json:"stdin"`
	TTY         *wire.TerminalSize `json:"tty"`
	Log         *LogSpec           `json:"log"`
}

// Info mirrors TaskInfo of engine/api/agent.ts.
type Info struct {
	ID        string           `json:"id"`
	Sandbox   string           `json:"sandbox"`
	State     string           `json:"state"`
	Pid       int              `json:"pid"`
	StartedAt int64            `json:"startedAt"`
	Exit      *wire.ExitStatus `json:"exit,omitempty"`
}

// bundles holds a directory for each task: config.json, state.json, the output's pipes.
const bundles = "/run/drydock/tasks"

func bundlePath(id string) (string, error) {
	if id == "" || strings.HasPrefix(id, ".") || strings.ContainsRune(id, '/') {
		return "", wire.Errorf("EINVAL", "%q cannot be a task id", id)
	}
	return filepath.Join(bundles, id), nil
}

// config is an OCI runtime configuration opened as far as the agent changes it.
type config struct {
	all     map[string]json.RawMessage
	process map[string]json.RawMessage
	linux   map[string]json.RawMessage
}

type namespace struct {
	Type string `json:"type"`
	Path string `json:"path,omitempty"`
}

func parseConfig(text []byte) (*config, error) {
	opened := &config{}
	err := json.Unmarshal(text, &opened.all)
	if err == nil {
		err = json.Unmarshal(opened.all["process"], &opened.process)
	}
	if err == nil {
		err = json.Unmarshal(opened.all["linux"], &opened.linux)
	}
	if err != nil || opened.process == nil || opened.linux == nil {
		return nil, wire.Errorf("EINVAL", "the configuration is not an OCI runtime configuration for Linux: %v", err)
	}
	return opened, nil
}

// complete sets the root file system, the network namespace, the terminal and, where none
// is given, the cgroup, which it returns.
func (c *config) complete(spec Spec, netns string) (cgroup string, text []byte, err error) {
	root := map[string]json.RawMessage{}
	if err := json.Unmarshal(c.all["root"], &root); err != nil && len(c.all["root"]) > 0 {
		return "", nil, wire.Errorf("EINVAL", "root of the configuration: %v", err)
	}
	var namespaces []namespace
	if raw := c.linux["namespaces"]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &namespaces); err != nil {
			return "", nil, wire.Errorf("EINVAL", "namespaces of the configuration: %v", err)
		}
	}
	found := false
	for i := range namespaces {
		if namespaces[i].Type == "network" {
			namespaces[i].Path, found = netns, true
		}
	}
	if !found {
		namespaces = append(namespaces, namespace{"network", netns})
	}
	if raw := c.linux["cgroupsPath"]; len(raw) > 0 {
		_ = json.Unmarshal(raw, &cgroup)
	}
	if cgroup == "" {
		cgroup = "/drydock/" + spec.ID
	}
	if !strings.HasPrefix(cgroup, "/") || strings.Contains(cgroup, "..") {
		return "", nil, wire.Errorf("EINVAL", "cgroupsPath %q is not an absolute path of cgroupfs", cgroup)
	}
	setTerminal(c.process, spec.TTY)
	set(root, "path", spec.Overlay.Target)
	set(c.linux, "namespaces", namespaces)
	set(c.linux, "cgroupsPath", cgroup)
	set(c.all, "root", root)
	set(c.all, "process", c.process)
	set(c.all, "linux", c.linux)
	text, err = json.Marshal(c.all)
	return cgroup, text, err
}

func setTerminal(process map[string]json.RawMessage, size *wire.TerminalSize) {
	set(process, "terminal", size != nil)
	if size != nil {
		set(process, "consoleSize", map[string]uint16{"height": size.Rows, "width": size.Cols})
	}
}

// set stores values that always encode.
func set(object map[string]json.RawMessage, name string, value any) {
	object[name], _ = json.Marshal(value)
}
