// Package cniplugin is the network plugin `drydock`: a bridge, addresses kept as host-local keeps
// them, and ports of the machine for Pods that want some, in one plugin (CNI specification 1.0).
package cniplugin

import (
	"encoding/json"
	"fmt"
	"net"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/process"
)

// Name is the plugin's type, and the file name under which this program is one.
const Name = "drydock"

// version is the only one of the specification whose results the plugin writes.
const version = "1.0.0"

// Codes of errors, from the specification.
const (
	codeVersion       = 1
	codeEnvironment   = 4
	codeDecoding      = 6
	codeConfiguration = 7
	codeOther         = 100
)

// Plugin answers calls.
type Plugin struct {
	reaper *process.Reaper
}

// New returns a plugin whose rules are loaded by processes of reaper.
func New(reaper *process.Reaper) *Plugin { return &Plugin{reaper: reaper} }

// configuration is what the plugin reads from its standard input.
type configuration struct {
	Version string `json:"cniVersion"`
	Name    string `json:"name"`
	// Bridge is the device that Pods' devices join; cni0 when absent
	Bridge string `json:"bridge"`
	// MTU is the kernel's own choice when 0
	MTU  int `json:"mtu"`
	IPAM struct {
		// Subnet is the network that addresses are taken from; its first one is the bridge's unless Gateway says otherwise
		Subnet     string `json:"subnet"`
		Gateway    net.IP `json:"gateway"`
		RangeStart net.IP `json:"rangeStart"`
		RangeEnd   net.IP `json:"rangeEnd"`
	} `json:"ipam"`
	RuntimeConfig struct {
		PortMappings []portMapping `json:"portMappings"`
	} `json:"runtimeConfig"`
	PrevResult json.RawMessage `json:"prevResult"`
}

// Result is what an ADD prints.
type Result struct {
	Version    string      `json:"cniVersion"`
	Interfaces []device    `json:"interfaces"`
	IPs        []address   `json:"ips"`
	Routes     []route     `json:"routes"`
	DNS        interface{} `json:"dns"`
}

type device struct {
	Name    string `json:"name"`
	Mac     string `json:"mac"`
	Sandbox string `json:"sandbox,omitempty"`
}

type address struct {
	Interface int    `json:"interface"`
	Address   string `json:"address"`
	Gateway   string `json:"gateway"`
}

type route struct {
	Destination string `json:"dst"`
}

// Serve answers one call with what the plugin prints. Errors are of type *cni.Error.
func (p *Plugin) Serve(call cni.Call) ([]byte, error) {
	output, err := p.serve(call)
	if err != nil {
		if _, coded := err.(*cni.Error); !coded {
			err = &cni.Error{Code: codeOther, Msg: err.Error()}
		}
		return nil, err
	}
	if output == nil {
		return nil, nil
	}
	return json.Marshal(output)
}

func (p *Plugin) serve(call cni.Call) (any, error) {
	if call.Command == "VERSION" {
		return map[string]any{"cniVersion": version, "supportedVersions": []string{version}}, nil
	}
	if err := checkCall(call); err != nil {
		return nil, err
	}
	var settings configuration
	if err := json.Unmarshal(call.Stdin, &settings); err != nil {
		return nil, &cni.Error{Code: codeDecoding, Msg: fmt.Sprintf("error unmarshalling network config: %v", err)}
	}
	if settings.Version != version {
		return nil, &cni.Error{
			Code: codeVersion, Msg: "incompatible CNI versions",
			Details: fmt.Sprintf("config is %q, plugin supports [%q]", settings.Version, version),
		}
	}
	if settings.Bridge == "" {
		settings.Bridge = "cni0"
	}
	// Until they are closed, no other call goes on, in this process or another.
	leases, err := openLeases(settings)
	if err != nil {
		return nil, err
	}
	defer leases.close()
	switch call.Command {
	case "ADD":
		return p.add(call, settings, leases)
	case "DEL":
		return nil, p.remove(call, settings, leases)
	}
	return nil, p.verify(call, settings, leases)
}
