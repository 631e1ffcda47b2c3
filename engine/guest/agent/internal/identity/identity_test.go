package identity

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteNames(t *testing.T) {
	directory := t.TempDir()
	machine := Machine{
		Hostname: "node-1", MachineID: "0123456789abcdef0123456789abcdef", Address: "10.0.0.11/24",
		Hosts: map[string][]string{"10.0.0.12": {"node-2"}, "10.0.0.10": {"control-plane", "api"}},
	}
	if err := writeNames(directory, machine); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"hostname":   "node-1\n",
		"machine-id": "0123456789abcdef0123456789abcdef\n",
		"hosts":      "127.0.0.1\tlocalhost\n10.0.0.11\tnode-1\n10.0.0.10\tcontrol-plane api\n10.0.0.12\tnode-2\n",
	} {
		if got, err := os.ReadFile(filepath.Join(directory, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestRefusedIdentities(t *testing.T) {
	good := Machine{Hostname: "node", MachineID: "0123456789abcdef0123456789abcdef"}
	for name, change := range map[string]func(*Machine){
		"no host name":         func(machine *Machine) { machine.Hostname = "" },
		"a host name of two":   func(machine *Machine) { machine.Hostname = "a b" },
		"a short machine id":   func(machine *Machine) { machine.MachineID = "0123" },
		"a machine id of text": func(machine *Machine) { machine.MachineID = "zzzz456789abcdef0123456789abcdef" },
	} {
		machine := good
		change(&machine)
		if writeNames(t.TempDir(), machine) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if addEntropy("c2hvcnQ=") == nil || addEntropy("no base64!") == nil {
		t.Error("poor entropy was accepted")
	}
	if setClock(0) == nil {
		t.Error("1970 was accepted")
	}
}
