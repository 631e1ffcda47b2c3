// Package network makes what containers' networks are made of: bridges, veth pairs, network
// namespaces, and the nftables rules that publish ports.
package network

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"drydock/agent/internal/links"
	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// namespaces is where sandboxes' network namespaces are bound.
const namespaces = "/run/drydock/netns"

// NamespacePath returns where a sandbox's network namespace is, or will be.
func NamespacePath(sandbox string) (string, error) {
	if sandbox == "" || strings.HasPrefix(sandbox, ".") || strings.ContainsRune(sandbox, '/') {
		return "", wire.Errorf("EINVAL", "%q cannot be a sandbox id", sandbox)
	}
	return filepath.Join(namespaces, sandbox), nil
}

// Inside calls do on a thread that is in the sandbox's network namespace. Sockets made
// there stay in it.
func Inside(sandbox string, do func() error) error {
	path, err := NamespacePath(sandbox)
	if err != nil {
		return err
	}
	target, err := os.Open(path)
	if os.IsNotExist(err) {
		return wire.Errorf("ENOENT", "there is no sandbox %s", sandbox)
	}
	if err != nil {
		return err
	}
	defer target.Close()
	return links.OnThread(unix.CLONE_NEWNET, func() error {
		if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("entering the network namespace of %s: %w", sandbox, err)
		}
		return do()
	})
}
