package tasks

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// mount makes the merged tree appear at the target. Directories are made as needed.
func (o Overlay) mount() error {
	if len(o.Lower) == 0 || o.Upper == "" || o.Work == "" || o.Target == "" {
		return wire.Errorf("EINVAL", "an overlay needs lower, upper, work and target")
	}
	for _, directory := range []string{o.Upper, o.Work, o.Target} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
	}
	lower := make([]string, len(o.Lower))
	for i, directory := range o.Lower {
		lower[i] = escape(directory, `\:,`)
	}
	options := "lowerdir=" + strings.Join(lower, ":") + ",upperdir=" + escape(o.Upper, `\,`) + ",workdir=" + escape(o.Work, `\,`)
	if err := unix.Mount("overlay", o.Target, "overlay", 0, options); err != nil {
		for _, directory := range o.Lower {
			if _, missing := os.Stat(directory); missing != nil {
				return missing
			}
		}
		return fmt.Errorf("mounting the overlay at %s: %w", o.Target, err)
	}
	return nil
}

// escape puts a backslash before what separates directories and options.
func escape(path, special string) string {
	if !strings.ContainsAny(path, special) {
		return path
	}
	var out strings.Builder
	for _, letter := range path {
		if strings.ContainsRune(special, letter) {
			out.WriteByte('\\')
		}
		out.WriteRune(letter)
	}
	return out.String()
}

// unmount detaches a mount; one that is gone already is no error.
func unmount(target string) error {
	err := unix.Unmount(target, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("unmounting %s: %w", target, err)
	}
	return nil
}
