package cni

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"drydock/agent/internal/process"
)

// ifName is the device that a Pod is given, as under every runtime.
const ifName = "eth0"

// Network connects and disconnects.
type Network struct {
	reaper *process.Reaper
	// name is that of the plugin which is this program
	name    string
	builtIn BuiltIn
}

// New returns a network one of whose plugins is built in.
func New(reaper *process.Reaper, name string, builtIn BuiltIn) *Network {
	return &Network{reaper, name, builtIn}
}

// Attachment is what is to be connected. Args and Capabilities mirror CniAttachment of engine/api/agent.ts.
type Attachment struct {
	ContainerID  string                     `json:"-"`
	Netns        string                     `json:"-"`
	Args         map[string]string          `json:"args"`
	Capabilities map[string]json.RawMessage `json:"capabilities"`
}

// Status tells why Pods cannot be connected; nil when they can.
func (n *Network) Status() error {
	configuration, err := Load(ConfigurationDirectory)
	if err != nil || configuration.Version < "1.1.0" {
		return err
	}
	for _, plugin := range configuration.Plugins {
		request, err := configuration.request(plugin, nil, nil)
		if err == nil {
			_, err = n.run(plugin.Type, Call{Command: "STATUS", Path: PluginDirectory, Stdin: request})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Add runs the plugins one after the other, and keeps the last one's result for Delete. When one
// refuses, Delete must follow.
func (n *Network) Add(attachment *Attachment) (json.RawMessage, error) {
	configuration, err := Load(ConfigurationDirectory)
	if err != nil {
		return nil, ErrNotInitialized
	}
	var result json.RawMessage
	for _, plugin := range configuration.Plugins {
		output, err := n.call("ADD", configuration, plugin, attachment, result)
		if err != nil {
			return nil, fmt.Errorf("plugin %s failed (add): %w", plugin.description(), err)
		}
		result = output
	}
	if err := keep(configuration, attachment, result); err != nil {
		return nil, fmt.Errorf("failed to set network %q cached result: %w", configuration.Name, err)
	}
	return result, nil
}

// Delete runs the plugins the other way round, with the configuration and the result of Add. Of an attachment
// that was never finished, nothing is known but what the configuration of today says.
func (n *Network) Delete(attachment *Attachment) error {
	kept, err := find(attachment.ContainerID)
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		configuration, err := Load(ConfigurationDirectory)
		if err != nil {
			return nil
		}
		return n.delete(configuration, attachment, nil)
	}
	for _, one := range kept {
		configuration, err := one.configuration()
		if err != nil {
			return err
		}
		if err := n.delete(configuration, one.attachment(attachment.Netns), one.Result); err != nil {
			return err
		}
		if err := one.forget(); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) delete(configuration *Configuration, attachment *Attachment, result json.RawMessage) error {
	if configuration.Version < "0.4.0" {
		result = nil
	}
	for i := len(configuration.Plugins) - 1; i >= 0; i-- {
		plugin := configuration.Plugins[i]
		if _, err := n.call("DEL", configuration, plugin, attachment, result); err != nil {
			return fmt.Errorf("plugin %s failed (delete): %w", plugin.description(), err)
		}
	}
	return nil
}

func (n *Network) call(command string, configuration *Configuration, plugin Plugin, attachment *Attachment, previous json.RawMessage) ([]byte, error) {
	request, err := configuration.request(plugin, attachment, previous)
	if err != nil {
		return nil, err
	}
	return n.run(plugin.Type, Call{
		Command: command, ContainerID: attachment.ContainerID, Netns: attachment.Netns, IfName: ifName,
		Args: attachment.arguments(), Path: PluginDirectory, Stdin: request,
	})
}

func (p Plugin) description() string {
	description := fmt.Sprintf("type=%q", p.Type)
	if p.Name != "" {
		description += fmt.Sprintf(" name=%q", p.Name)
	}
	return description
}

func (a *Attachment) arguments() string {
	arguments := make([]string, 0, len(a.Args))
	for name, value := range a.Args {
		arguments = append(arguments, name+"="+value)
	}
	sort.Strings(arguments)
	return strings.Join(arguments, ";")
}
