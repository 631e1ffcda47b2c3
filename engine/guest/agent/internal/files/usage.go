package files

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

type usage struct {
	Bytes  int64 `json:"bytes"`
	Inodes int64 `json:"inodes"`
}

type usageReply struct {
	Usages []usage `json:"usages"`
}

// blockBytes is the unit of a file's size on the disk.
const blockBytes = 512

func usages(paths []string) (usageReply, error) {
	reply := usageReply{make([]usage, len(paths))}
	for i, path := range paths {
		if err := absolute(path); err != nil {
			return reply, err
		}
		var err error
		if reply.Usages[i], err = usageOf(path); err != nil {
			return reply, err
		}
	}
	return reply, nil
}

// usageOf stays on one file system. What vanishes meanwhile takes nothing.
func usageOf(root string) (usage, error) {
	type inode struct{ device, number uint64 }
	linked := make(map[inode]struct{})
	var total usage
	var device uint64
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreAbsent(err)
		}
		var info unix.Stat_t
		if err := unix.Lstat(path, &info); err != nil {
			return ignoreAbsent(err)
		}
		// An overlay tells another device for its files than for its directories.
		if path == root {
			device = info.Dev
		} else if entry.IsDir() && info.Dev != device {
			return fs.SkipDir
		}
		if info.Nlink > 1 && !entry.IsDir() {
			if _, again := linked[inode{info.Dev, info.Ino}]; again {
				return nil
			}
			linked[inode{info.Dev, info.Ino}] = struct{}{}
		}
		total.Bytes += info.Blocks * blockBytes
		total.Inodes++
		return nil
	})
	return total, err
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
