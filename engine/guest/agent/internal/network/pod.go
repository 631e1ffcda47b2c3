package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/links"
	"drydock/agent/internal/stats"
	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// Pod is what a sandbox in mode pod has beside its network namespace; mirrors PodSandboxSpec of
// engine/api/agent.ts.
type Pod struct {
	// Hostname of its UTS namespace; none when empty
	Hostname string `json:"hostname"`
	// Network is cni or host
	Network string `json:"network"`
	// IPC is own or host
	IPC     string            `json:"ipc"`
	Sysctls map[string]string `json:"sysctls,omitempty"`
	CNI     *cni.Attachment   `json:"cni,omitempty"`
	Files   []struct {
		Path    string `json:"path"`
		Mode    uint32 `json:"mode"`
		Content string `json:"content"`
	} `json:"files,omitempty"`
}

// Where the namespaces of Pods are bound, and what is /dev/shm in their containers.
const (
	utsNamespaces = "/run/drydock/utsns"
	ipcNamespaces = "/run/drydock/ipcns"
	sharedMemory  = "/run/drydock/shm"
)

// shmOptions are those of containerd: 64 MiB.
const shmOptions = "mode=1777,size=65536k"

// createPod makes everything or nothing. What an agent after this one must know to take it down
// is written first.
func (n *Network) createPod(sandbox Sandbox, path string) (sandboxReply, error) {
	if err := sandbox.check(); err != nil {
		return sandboxReply{}, err
	}
	if err := makeNamespaceFile(sandbox.ID, path); err != nil {
		return sandboxReply{}, err
	}
	reply, err := n.buildPod(sandbox, path)
	if err != nil {
		// The reason is told, whatever the way back says.
		_ = n.removePod(sandbox, path)
		return sandboxReply{}, err
	}
	return reply, nil
}

func (s Sandbox) check() error {
	if s.Network != "cni" && s.Network != "host" || s.IPC != "own" && s.IPC != "host" {
		return wire.Errorf("EINVAL", "there is no network %q or IPC %q", s.Network, s.IPC)
	}
	if s.Network == "cni" && s.CNI == nil {
		return wire.Errorf("EINVAL", "a sandbox on the network needs what its plugins are to be told")
	}
	for name := range s.Sysctls {
		isIPC := strings.HasPrefix(name, "kernel.shm") || strings.HasPrefix(name, "kernel.msg") || name == "kernel.sem" || strings.HasPrefix(name, "fs.mqueue.")
		isNet := strings.HasPrefix(name, "net.")
		if isIPC && s.IPC == "own" || isNet && s.Network == "cni" {
			continue
		}
		return wire.Errorf("EINVAL", "sysctl %q is not in a separate kernel namespace", name)
	}
	return nil
}

func (n *Network) buildPod(sandbox Sandbox, path string) (sandboxReply, error) {
	reply := sandboxReply{Netns: path}
	record := sandbox
	record.Files, record.Sysctls = nil, nil
	if err := writeRecord(record); err != nil {
		return reply, err
	}
	for _, file := range sandbox.Files {
		if err := os.MkdirAll(filepath.Dir(file.Path), 0o755); err != nil {
			return reply, err
		}
		if err := os.WriteFile(file.Path, []byte(file.Content), os.FileMode(file.Mode&0o777)); err != nil {
			return reply, err
		}
	}
	pins, flags := []pin{{"net", path}}, 0
	if sandbox.Network == "cni" {
		flags |= unix.CLONE_NEWNET
	}
	if sandbox.Hostname != "" {
		flags |= unix.CLONE_NEWUTS
		reply.UTS = filepath.Join(utsNamespaces, sandbox.ID)
		pins = append(pins, pin{"uts", reply.UTS})
	}
	if sandbox.IPC == "own" {
		flags |= unix.CLONE_NEWIPC
		reply.IPC, reply.Shm = filepath.Join(ipcNamespaces, sandbox.ID), filepath.Join(sharedMemory, sandbox.ID)
		pins = append(pins, pin{"ipc", reply.IPC})
		if err := mountShm(reply.Shm); err != nil {
			return reply, err
		}
	}
	err := links.OnThread(flags, func() error {
		if err := unix.Unshare(flags); err != nil {
			return fmt.Errorf("making namespaces: %w", err)
		}
		for _, pin := range pins {
			if err := pin.bind(); err != nil {
				return err
			}
		}
		return sandbox.settle(flags)
	})
	if err != nil || sandbox.Network != "cni" {
		return reply, err
	}
	reply.CNI, err = n.pods.Add(sandbox.attachment(path))
	if err != nil {
		return reply, wire.Errorf("ECNI", "%v", err)
	}
	return reply, nil
}

// pin keeps a namespace without a process in it.
type pin struct{ kind, path string }

// bind pins the calling thread's namespace.
func (p pin) bind() error {
	if p.kind != "net" {
		if err := os.MkdirAll(filepath.Dir(p.path), 0o711); err != nil {
			return err
		}
		file, err := os.OpenFile(p.path, os.O_CREATE, 0o444)
		if err != nil {
			return err
		}
		file.Close()
	}
	if err := unix.Mount("/proc/thread-self/ns/"+p.kind, p.path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("binding the %s namespace: %w", p.kind, err)
	}
	return nil
}

// settle runs on a thread inside the new namespaces.
func (s Sandbox) settle(flags int) error {
	if flags&unix.CLONE_NEWUTS != 0 {
		if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
			return fmt.Errorf("setting the host name: %w", err)
		}
	}
	if flags&unix.CLONE_NEWNET != 0 {
		socket, err := links.Open()
		if err != nil {
			return err
		}
		defer socket.Close()
		if err := socket.Up(links.LoopbackIndex); err != nil {
			return fmt.Errorf("lo up: %w", err)
		}
	}
	for name, value := range s.Sysctls {
		if err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0); err != nil {
			return fmt.Errorf("sysctl %s: %w", name, err)
		}
	}
	return nil
}

func mountShm(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("shm", path, "tmpfs", unix.MS_NOEXEC|unix.MS_NOSUID|unix.MS_NODEV, shmOptions); err != nil {
		return fmt.Errorf("mounting %s: %w", path, err)
	}
	return nil
}

func (s Sandbox) attachment(netns string) *cni.Attachment {
	attachment := *s.CNI
	attachment.ContainerID, attachment.Netns = s.ID, netns
	return &attachment
}

// removePod takes down a Pod's sandbox, a half-made one too, and one that a reboot left nothing of but what
// its network's plugins keep.
func (n *Network) removePod(sandbox Sandbox, path string) error {
	if sandbox.Network == "cni" {
		netns := path
		if !isNamespace(path) {
			netns = ""
		}
		if err := n.pods.Delete(sandbox.attachment(netns)); err != nil {
			return wire.Errorf("ECNI", "%v", err)
		}
	}
	for _, bound := range []string{filepath.Join(utsNamespaces, sandbox.ID), filepath.Join(ipcNamespaces, sandbox.ID), filepath.Join(sharedMemory, sandbox.ID), path} {
		if err := removeNamespace(bound); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	n.release(sandbox.ID)
	return nil
}

// nsfs is the type of file system that namespaces are files of (linux/magic.h).
const nsfs = 0x6e736673

func isNamespace(path string) bool {
	var info unix.Statfs_t
	return unix.Statfs(path, &info) == nil && info.Type == nsfs
}

// recordOf finds a sandbox in mode pod by what was written of it, or by what its network's plugins keep.
func recordOf(id string) (Sandbox, bool) {
	var found Sandbox
	text, err := os.ReadFile(filepath.Join(sandboxFiles, id))
	if err == nil {
		if json.Unmarshal(text, &found) == nil && found.ID == id {
			return found, found.Mode == "pod"
		}
		return found, false
	}
	if errors.Is(err, syscall.ENOENT) && cni.Knows(id) {
		return Sandbox{ID: id, Mode: "pod", Pod: Pod{Network: "cni", CNI: &cni.Attachment{}}}, true
	}
	return found, false
}

type statusReply struct {
	Ready   bool   `json:"ready"`
	Message string `json:"message"`
}

func (n *Network) status() statusReply {
	if err := n.pods.Status(); err != nil {
		return statusReply{Message: err.Error()}
	}
	return statusReply{Ready: true}
}

type sandboxStats struct {
	Networks map[string]stats.Traffic `json:"networks"`
}

func (n *Network) statsOf(id string) (reply sandboxStats, err error) {
	err = Inside(id, func() error {
		reply.Networks = stats.Devices("/proc/thread-self/net/dev")
		return nil
	})
	delete(reply.Networks, "lo")
	return reply, err
}
