package cni

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// keptKind marks the files of libcni, whose form this is.
const keptKind = "cniCacheV1"

// keptResult is what stays of an attachment until it is deleted, also over a reboot.
type keptResult struct {
	Kind         string                     `json:"kind"`
	ContainerID  string                     `json:"containerId"`
	Config       []byte                     `json:"config"`
	IfName       string                     `json:"ifName"`
	NetworkName  string                     `json:"networkName"`
	Netns        string                     `json:"netns,omitempty"`
	Args         [][2]string                `json:"cniArgs,omitempty"`
	Capabilities map[string]json.RawMessage `json:"capabilityArgs,omitempty"`
	Result       json.RawMessage            `json:"result,omitempty"`
	path         string
}

func keep(configuration *Configuration, attachment *Attachment, result json.RawMessage) error {
	kept := keptResult{
		Kind: keptKind, ContainerID: attachment.ContainerID, Config: configuration.text, IfName: ifName,
		NetworkName: configuration.Name, Netns: attachment.Netns, Capabilities: attachment.Capabilities, Result: result,
	}
	for name, value := range attachment.Args {
		kept.Args = append(kept.Args, [2]string{name, value})
	}
	sort.Slice(kept.Args, func(i, j int) bool { return kept.Args[i][0] < kept.Args[j][0] })
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(resultDirectory, 0o700); err != nil {
		return err
	}
	name := configuration.Name + "-" + attachment.ContainerID + "-" + ifName
	return os.WriteFile(filepath.Join(resultDirectory, name), text, 0o600)
}

// find returns what was kept of a container: its network may have had another name then.
func find(containerID string) ([]keptResult, error) {
	entries, err := os.ReadDir(resultDirectory)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var found []keptResult
	for _, entry := range entries {
		if !strings.Contains(entry.Name(), containerID) {
			continue
		}
		kept := keptResult{path: filepath.Join(resultDirectory, entry.Name())}
		text, err := os.ReadFile(kept.path)
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(text, &kept) == nil && kept.Kind == keptKind && kept.ContainerID == containerID {
			found = append(found, kept)
		}
	}
	return found, nil
}

// Knows tells whether a container was connected and not yet disconnected.
func Knows(containerID string) bool {
	found, err := find(containerID)
	return err == nil && len(found) > 0
}

func (k keptResult) configuration() (*Configuration, error) {
	var list struct {
		Plugins json.RawMessage `json:"plugins"`
	}
	err := json.Unmarshal(k.Config, &list)
	if err != nil {
		return nil, err
	}
	return parse(k.Config, list.Plugins != nil)
}

func (k keptResult) attachment(netns string) *Attachment {
	arguments := make(map[string]string, len(k.Args))
	for _, pair := range k.Args {
		arguments[pair[0]] = pair[1]
	}
	return &Attachment{ContainerID: k.ContainerID, Netns: netns, Args: arguments, Capabilities: k.Capabilities}
}

func (k keptResult) forget() error { return os.Remove(k.path) }
