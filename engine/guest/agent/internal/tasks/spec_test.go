package tasks

import (
	"encoding/json"
	"strings"
	"testing"

	"drydock/agent/internal/wire"
)

func TestCompleteConfig(t *testing.T) {
	spec := Spec{ID: "web", TTY: &wire.TerminalSize{Rows: 24, Cols: 80}, Overlay: Overlay{Target: "/merged"}}
	tests := map[string]struct{ given, cgroup, want string }{
		"everything given": {
			`{"root":{"path":"x","readonly":true},"process":{"args":["a"]},"linux":{"cgroupsPath":"/docker/web","namespaces":[{"type":"pid"},{"type":"network"}]}}`,
			"/docker/web",
			`{"linux":{"cgroupsPath":"/docker/web","namespaces":[{"type":"pid"},{"type":"network","path":"/netns"}]},"process":{"args":["a"],"consoleSize":{"height":24,"width":80},"terminal":true},"root":{"path":"/merged","readonly":true}}`,
		},
		"nothing given": {
			`{"process":{},"linux":{}}`,
			"/drydock/web",
			`{"linux":{"cgroupsPath":"/drydock/web","namespaces":[{"type":"network","path":"/netns"}]},"process":{"consoleSize":{"height":24,"width":80},"terminal":true},"root":{"path":"/merged"}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			opened, err := parseConfig([]byte(test.given))
			if err != nil {
				t.Fatal(err)
			}
			cgroup, text, err := opened.complete(spec, "/netns")
			if err != nil || cgroup != test.cgroup || string(text) != test.want {
				t.Errorf("%v\ngot  %s %s\nwant %s %s", err, cgroup, text, test.cgroup, test.want)
			}
		})
	}
}

func TestRefusedConfigs(t *testing.T) {
	for name, given := range map[string]string{
		"no JSON":             `{`,
		"no process":          `{"linux":{}}`,
		"no Linux":            `{"process":{}}`,
		"a cgroup elsewhere":  `{"process":{},"linux":{"cgroupsPath":"/../../etc"}}`,
		"a relative cgroup":   `{"process":{},"linux":{"cgroupsPath":"docker"}}`,
		"namespaces no array": `{"process":{},"linux":{"namespaces":{}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := parseConfig(json.RawMessage(given))
			if err == nil {
				_, _, err = opened.complete(Spec{ID: "x"}, "/netns")
			}
			if err == nil || wire.AsError(err).Code != "EINVAL" {
				t.Errorf("accepted, or refused with %v", err)
			}
		})
	}
}

func TestBundlePathStaysBelow(t *testing.T) {
	for _, id := range []string{"", ".", "..", "a/b", "../x", ".hidden"} {
		if path, err := bundlePath(id); err == nil {
			t.Errorf("%q became %s", id, path)
		}
	}
	if path, err := bundlePath(strings.Repeat("a", 64)); err != nil || !strings.HasPrefix(path, bundles+"/") {
		t.Error(path, err)
	}
}
