package network

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"drydock/agent/internal/wire"
)

// held is a sandbox that exists. Its fields are replaced, never changed, once others can see it.
type held struct {
	Sandbox
	resolver *resolver
}

// sandboxFiles keeps what an agent that starts again must know: one file for each sandbox on a bridge or of a Pod.
const sandboxFiles = "/run/drydock/sandboxes"

func (h *held) close() {
	if h.resolver != nil {
		h.resolver.close()
	}
}

// hold makes a sandbox known to its neighbours, and to an agent after this one.
func (n *Network) hold(held *held) error {
	if held.Mode == "bridge" || len(held.Endpoints) > 0 {
		if err := writeRecord(held.Sandbox); err != nil {
			return err
		}
	}
	n.sandboxesMu.Lock()
	defer n.sandboxesMu.Unlock()
	n.sandboxes[held.ID] = held
	return nil
}

func writeRecord(sandbox Sandbox) error {
	text, err := json.Marshal(sandbox)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(sandboxFiles, 0o711); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(sandboxFiles, sandbox.ID), text, 0o600)
}

func (n *Network) release(id string) {
	n.sandboxesMu.Lock()
	held, ok := n.sandboxes[id]
	delete(n.sandboxes, id)
	n.sandboxesMu.Unlock()
	if ok {
		held.close()
	}
	_ = os.Remove(filepath.Join(sandboxFiles, id))
}

// copyOf returns a sandbox as it is, to be changed and held again.
func (n *Network) copyOf(id string) (*held, error) {
	n.sandboxesMu.RLock()
	defer n.sandboxesMu.RUnlock()
	known, ok := n.sandboxes[id]
	if !ok {
		return nil, wire.Errorf("ENOENT", "there is no sandbox %s", id)
	}
	copied := *known
	copied.Endpoints = append([]Endpoint(nil), known.Endpoints...)
	return &copied, nil
}

// recoverSandboxes finds what an earlier agent made, and answers its sandboxes' questions again.
func (n *Network) recoverSandboxes() {
	entries, err := os.ReadDir(sandboxFiles)
	if err != nil {
		return
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(sandboxFiles, entry.Name()))
		if err != nil {
			continue
		}
		found := &held{}
		if json.Unmarshal(text, &found.Sandbox) != nil || found.ID != entry.Name() || found.Mode == "pod" {
			continue
		}
		err = Inside(found.ID, func() error { return n.startResolver(found) })
		var refused *wire.Error
		if errors.As(err, &refused) && refused.Code == "ENOENT" {
			_ = os.Remove(filepath.Join(sandboxFiles, found.ID))
			continue
		}
		n.sandboxes[found.ID] = found
	}
}

func (n *Network) serversOf(id string) []string {
	n.sandboxesMu.RLock()
	defer n.sandboxesMu.RUnlock()
	if known, ok := n.sandboxes[id]; ok && known.DNS != nil {
		return known.DNS.Servers
	}
	return nil
}

func (n *Network) keepsUnqualified(id string) bool {
	n.sandboxesMu.RLock()
	defer n.sandboxesMu.RUnlock()
	known, ok := n.sandboxes[id]
	return ok && known.DNS != nil && known.DNS.KeepsUnqualified
}
