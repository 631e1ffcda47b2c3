// Package files serves the machine's file system: single files, directories, watches and
// tar archives in both directions.
package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"syscall"

	"golang.org/x/sys/unix"
)

// Info mirrors FileInfo of engine/api/agent.ts.
type Info struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Size   int64  `json:"size"`
	Mode   uint32 `json:"mode"`
	UID    uint32 `json:"uid"`
	GID    uint32 `json:"gid"`
	Mtime  int64  `json:"mtime"`
	Target string `json:"target,omitempty"`
	// Device is of kind device only
	Device *Device `json:"device,omitempty"`
}

// Device is a device node's type, which is block or character, and its numbers.
type Device struct {
	Type  string `json:"type"`
	Major uint32 `json:"major"`
	Minor uint32 `json:"minor"`
}

const permissionBits = 0o7777

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeSymlink != 0:
		return "symlink"
	case mode&fs.ModeNamedPipe != 0:
		return "fifo"
	case mode&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// infoOf describes a file; path is where its link target is read, if it is a link.
func infoOf(path string, info fs.FileInfo) Info {
	stat := info.Sys().(*syscall.Stat_t)
	result := Info{
		Name:  info.Name(),
		Kind:  kindOf(info.Mode()),
		Size:  info.Size(),
		Mode:  uint32(stat.Mode) & permissionBits,
		UID:   stat.Uid,
		GID:   stat.Gid,
		Mtime: info.ModTime().UnixMilli(),
	}
	if result.Kind == "device" {
		result.Device = &Device{Type: "block", Major: unix.Major(uint64(stat.Rdev)), Minor: unix.Minor(uint64(stat.Rdev))}
		if info.Mode()&fs.ModeCharDevice != 0 {
			result.Device.Type = "character"
		}
	}
	if result.Kind == "symlink" {
		result.Target, _ = os.Readlink(path)
	}
	return result
}

func stat(path string) (Info, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Info{}, err
	}
	return infoOf(path, info), nil
}

func list(path string) ([]Info, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(entries))
	for _, entry := range entries {
		// A file that vanished since is left out.
		if info, err := entry.Info(); err == nil {
			infos = append(infos, infoOf(filepath.Join(path, entry.Name()), info))
		}
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].Name < infos[j].Name })
	return infos, nil
}
