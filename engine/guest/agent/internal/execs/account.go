package execs

import (
	"os"
	"strconv"
	"strings"

	"drydock/agent/internal/wire"
)

// account is a line of /etc/passwd with the groups of /etc/group.
type account struct {
	name, home, shell string
	uid, gid          uint32
	groups            []uint32
}

var root = account{name: "root", home: "/root", shell: "/bin/bash"}

// findAccount resolves a user name or `uid[:gid]`. A numeric user need not exist.
func findAccount(user string) (account, error) {
	if user == "" {
		user = "root"
	}
	name, group, hasGroup := strings.Cut(user, ":")
	found, ok := account{}, false
	eachLine("/etc/passwd", func(fields []string) bool {
		if len(fields) >= 7 && (fields[0] == name || fields[2] == name) {
			found = account{name: fields[0], uid: number(fields[2]), gid: number(fields[3]), home: fields[5], shell: fields[6]}
			ok = true
		}
		return !ok
	})
	if !ok {
		id, err := strconv.ParseUint(name, 10, 32)
		switch {
		case name == "root":
			found = root
		case err != nil:
			return account{}, wire.Errorf("ENOENT", "there is no user %q in /etc/passwd", name)
		default:
			found = account{name: name, uid: uint32(id), gid: uint32(id), home: "/", shell: "/bin/sh"}
		}
	}
	if hasGroup {
		id, err := strconv.ParseUint(group, 10, 32)
		if err != nil {
			return account{}, wire.Errorf("EINVAL", "the group in %q is not a number", user)
		}
		found.gid = uint32(id)
		return found, nil
	}
	eachLine("/etc/group", func(fields []string) bool {
		if len(fields) >= 4 {
			for _, member := range strings.Split(fields[3], ",") {
				if member == found.name {
					found.groups = append(found.groups, number(fields[2]))
				}
			}
		}
		return true
	})
	return found, nil
}

func eachLine(path string, visit func(fields []string) bool) {
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(content)) {
		if !visit(strings.Split(strings.TrimRight(line, "\n"), ":")) {
			return
		}
	}
}

func number(text string) uint32 {
	value, _ := strconv.ParseUint(text, 10, 32)
	return uint32(value)
}
