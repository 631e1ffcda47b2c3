package cni

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"drydock/agent/internal/wire"
)

func write(t *testing.T, directory, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	directory := t.TempDir()
	if _, err := Load(directory); !errors.Is(err, ErrNotInitialized) || err.Error() != "no network config found in "+directory+": cni plugin not initialized" {
		t.Error(err)
	}
	write(t, directory, "20-b.conf", `{"cniVersion":"0.4.0","name":"second","type":"bridge"}`)
	write(t, directory, "10-a.conflist", `{"cniVersion":"1.0.0","name":"first","plugins":[{"type":"bridge"},{"type":"portmap","capabilities":{"portMappings":true}}]}`)
	write(t, directory, "00-readme", `not a configuration`)
	for _, want := range []struct {
		name    string
		plugins int
	}{{"first", 2}, {"second", 1}} {
		found, err := Load(directory)
		if err != nil || found.Name != want.name || len(found.Plugins) != want.plugins {
			t.Fatalf("%+v %v", found, err)
		}
		_ = os.Remove(filepath.Join(directory, "10-a.conflist"))
	}
	write(t, directory, "10-a.conflist", `{"name":"first","plugins":[]}`)
	if _, err := Load(directory); err == nil || errors.Is(err, ErrNotInitialized) {
		t.Error(err)
	}
}

func TestNewestVersion(t *testing.T) {
	for _, test := range []struct {
		version string
		offered []string
		want    string
	}{
		{"1.0.0", nil, "1.0.0"},
		{"", []string{"0.4.0", "1.0.0", "1.1.0", "2.0.0"}, "1.1.0"},
		{"0.4.0", []string{"0.3.1"}, "0.4.0"},
	} {
		if got := newest(test.version, test.offered); got != test.want {
			t.Errorf("%v: %s", test, got)
		}
	}
}

func TestRequest(t *testing.T) {
	found, err := parse([]byte(`{"cniVersion":"1.0.0","name":"net","plugins":[
		{"type":"drydock","ipam":{"subnet":"10.244.1.0/24"},"capabilities":{"portMappings":true,"bandwidth":false}}]}`), true)
	if err != nil {
		t.Fatal(err)
	}
	attachment := &Attachment{
		ContainerID: "pod", Args: map[string]string{"K8S_POD_NAME": "web", "IgnoreUnknown": "1"},
		Capabilities: map[string]json.RawMessage{"portMappings": []byte(`[{"hostPort":80}]`), "bandwidth": []byte(`{}`), "dns": []byte(`{}`)},
	}
	text, err := found.request(found.Plugins[0], attachment, []byte(`{"ips":[]}`))
	const want = `{"capabilities":{"portMappings":true,"bandwidth":false},"cniVersion":"1.0.0","ipam":{"subnet":"10.244.1.0/24"},"name":"net",` +
		`"prevResult":{"ips":[]},"runtimeConfig":{"portMappings":[{"hostPort":80}]},"type":"drydock"}`
	if err != nil || string(text) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, text, want)
	}
	if got := attachment.arguments(); got != "IgnoreUnknown=1;K8S_POD_NAME=web" {
		t.Error(got)
	}
	if got := (Plugin{Type: "bridge", Name: "b"}).description(); got != `type="bridge" name="b"` {
		t.Error(got)
	}
}

func TestFailure(t *testing.T) {
	for want, test := range map[string]struct{ output, complaint string }{
		"netplugin failed with no error message: exit status 2":                            {"", ""},
		`netplugin failed: "no such bridge": exit status 2`:                                {"", "no such bridge"},
		`netplugin failed but error parsing its diagnostic message "oh no": exit status 2`: {"oh no", ""},
		"no IP addresses available in range set: 10.244.1.1-10.244.1.254":                  {`{"code":11,"msg":"no IP addresses available in range set: 10.244.1.1-10.244.1.254"}`, ""},
		`incompatible CNI versions; config is "0.1.0", plugin supports ["1.0.0"]`:          {`{"code":1,"msg":"incompatible CNI versions","details":"config is \"0.1.0\", plugin supports [\"1.0.0\"]"}`, ""},
	} {
		if got := failure(wire.ExitStatus{Code: 2}, []byte(test.output), []byte(test.complaint)).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
