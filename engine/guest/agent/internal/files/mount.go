package files

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

type mountRequest struct {
	Source string  `json:"source"`
	Target string  `json:"target"`
	Type   string  `json:"type"`
	Flags  uintptr `json:"flags"`
	Data   string  `json:"data"`
}

// mount mounts, unless something is mounted at the target already. Errors are the kernel's.
func mount(request mountRequest) error {
	if err := absolute(request.Target); err != nil {
		return err
	}
	mounted, err := isMounted(request.Target)
	if err != nil || mounted {
		return err
	}
	if err := unix.Mount(request.Source, request.Target, request.Type, request.Flags, request.Data); err != nil {
		return err
	}
	// A bind mount takes its other flags only when it is mounted once more.
	const later = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME
	if request.Flags&unix.MS_BIND != 0 && request.Flags&later != 0 {
		return unix.Mount("", request.Target, "", request.Flags|unix.MS_REMOUNT, "")
	}
	return nil
}

func unmount(target string) error {
	err := unix.Unmount(target, unix.UMOUNT_NOFOLLOW)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOENT) {
		return nil
	}
	return err
}

func isMounted(target string) (bool, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(table)) {
		const place = 4
		if fields := strings.Fields(line); len(fields) > place && fields[place] == target {
			return true, nil
		}
	}
	return false, nil
}
