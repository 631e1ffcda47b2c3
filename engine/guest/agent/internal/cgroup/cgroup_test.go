package cgroup

import "testing"

func TestCheck(t *testing.T) {
	for path, ok := range map[string]bool{"/kubepods/besteffort": true, "/": true, "kubepods": false, "/../etc": false, "": false} {
		if err := check(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}
