// Package cni connects Pods as libcni does: it reads the network's configuration, runs the
// plugins that it names, and keeps what they said (CNI specification 1.1).
package cni

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Directories as every runtime has them.
const (
	ConfigurationDirectory = "/etc/cni/net.d"
	PluginDirectory        = "/opt/cni/bin"
	resultDirectory        = "/var/lib/cni/results"
)

// Configuration is a network: a list of plugins that each Pod is handed through.
type Configuration struct {
	Name    string
	Version string
	Plugins []Plugin
	// text is as it was read, to be kept with each attachment
	text []byte
}

// Plugin is one plugin of a list.
type Plugin struct {
	Type         string
	Name         string
	Capabilities map[string]bool
	fields       map[string]json.RawMessage
}

// ErrNotInitialized is why there is no network, in the words of containerd's CNI library.
var ErrNotInitialized = errors.New("cni plugin not initialized")

// Load reads the configuration that counts in a directory: that of the first file by name.
func Load(directory string) (*Configuration, error) {
	entries, err := os.ReadDir(directory)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("failed to read %s: %w", directory, err)
	}
	for _, entry := range entries {
		path := filepath.Join(directory, entry.Name())
		extension := filepath.Ext(path)
		if entry.IsDir() || extension != ".conf" && extension != ".conflist" && extension != ".json" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("error reading %s: %w", path, err)
		}
		configuration, err := parse(text, extension == ".conflist")
		if err != nil {
			return nil, fmt.Errorf("failed to load CNI config file %s: %w", path, err)
		}
		return configuration, nil
	}
	return nil, fmt.Errorf("no network config found in %s: %w", directory, ErrNotInitialized)
}

// parse reads a list of plugins, or a single one.
func parse(text []byte, isList bool) (*Configuration, error) {
	kind := "configuration"
	if isList {
		kind = "configuration list"
	}
	var fields struct {
		Name     string            `json:"name"`
		Version  string            `json:"cniVersion"`
		Versions []string          `json:"cniVersions"`
		Plugins  []json.RawMessage `json:"plugins"`
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("error parsing %s: %w", kind, err)
	}
	configuration := &Configuration{Name: fields.Name, Version: newest(fields.Version, fields.Versions), text: text}
	if !isList {
		plugin, err := parsePlugin(text)
		if err != nil {
			return nil, err
		}
		configuration.Plugins = []Plugin{plugin}
		return configuration, nil
	}
	if fields.Name == "" {
		return nil, errors.New("error parsing configuration list: no name")
	}
	if len(fields.Plugins) == 0 {
		return nil, errors.New("error parsing configuration list: no plugins in list")
	}
	for i, raw := range fields.Plugins {
		plugin, err := parsePlugin(raw)
		if err != nil {
			return nil, fmt.Errorf("failed to parse plugin config %d: %w", i, err)
		}
		configuration.Plugins = append(configuration.Plugins, plugin)
	}
	return configuration, nil
}

func parsePlugin(text []byte) (Plugin, error) {
	var plugin Plugin
	var known struct {
		Type         string          `json:"type"`
		Name         string          `json:"name"`
		Capabilities map[string]bool `json:"capabilities"`
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return plugin, fmt.Errorf("error parsing configuration: %w", err)
	}
	if known.Type == "" {
		return plugin, errors.New("error parsing configuration: missing 'type'")
	}
	plugin = Plugin{Type: known.Type, Name: known.Name, Capabilities: known.Capabilities}
	return plugin, json.Unmarshal(text, &plugin.fields)
}

// newestVersion is the newest of the specification that is known here.
const newestVersion = "1.1.0"

// newest returns the newest known version that a list offers. All known ones compare as text.
func newest(version string, offered []string) string {
	for _, other := range offered {
		if other <= newestVersion && other > version {
			version = other
		}
	}
	return version
}

// request completes a plugin's configuration: what a plugin reads from its standard input.
func (c *Configuration) request(plugin Plugin, attachment *Attachment, previous json.RawMessage) ([]byte, error) {
	fields := make(map[string]any, len(plugin.fields)+4)
	for name, value := range plugin.fields {
		fields[name] = value
	}
	fields["name"], fields["cniVersion"] = c.Name, c.Version
	if previous != nil {
		fields["prevResult"] = previous
	}
	if attachment == nil {
		return json.Marshal(fields)
	}
	granted := map[string]json.RawMessage{}
	for capability, supported := range plugin.Capabilities {
		if value, ok := attachment.Capabilities[capability]; ok && supported {
			granted[capability] = value
		}
	}
	if len(granted) > 0 {
		fields["runtimeConfig"] = granted
	}
	return json.Marshal(fields)
}
