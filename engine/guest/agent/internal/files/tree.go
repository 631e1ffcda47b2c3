package files

import (
	"errors"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tree resolves paths inside a root that no symbolic link leaves: absolute links and `..`
// stop at the root, as they do for a process that has it as its root.
type tree struct{ fd int }

func openTree(root string) (tree, error) {
	if root == "" {
		root = "/"
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return tree{}, &os.PathError{Op: "open", Path: root, Err: err}
	}
	return tree{fd}, nil
}

func (t tree) close() { unix.Close(t.fd) }

// directory is an open directory. Its operations never follow the last link of a name.
type directory struct {
	fd   int
	path string
}

func (d directory) close() { unix.Close(d.fd) }

// of gives a path that the operations on extended attributes need.
func (d directory) of(name string) string { return "/proc/self/fd/" + strconv.Itoa(d.fd) + "/" + name }

func (d directory) fail(operation, name string, err error) error {
	return &os.PathError{Op: operation, Path: path.Join(d.path, name), Err: err}
}

func (t tree) directory(name string) (directory, error) {
	fd, err := unix.Openat2(t.fd, relative(name), &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return directory{}, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return directory{fd, name}, nil
}

// makeDirectory opens a directory, and makes it and its parents where they are missing.
func (t tree) makeDirectory(name string) (directory, error) {
	opened, err := t.directory(name)
	if !errors.Is(err, syscall.ENOENT) || relative(name) == "." {
		return opened, err
	}
	parent, err := t.makeDirectory(path.Dir(path.Clean("/" + name)))
	if err != nil {
		return directory{}, err
	}
	defer parent.close()
	last := path.Base(name)
	if err := unix.Mkdirat(parent.fd, last, 0o755); err != nil && err != syscall.EEXIST {
		return directory{}, parent.fail("mkdir", last, err)
	}
	return t.directory(name)
}

// relative makes a path one below the root.
func relative(name string) string {
	if cleaned := strings.TrimPrefix(path.Clean("/"+name), "/"); cleaned != "" {
		return cleaned
	}
	return "."
}

func (d directory) stat(name string) (unix.Stat_t, error) {
	var stat unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return stat, d.fail("stat", name, err)
	}
	return stat, nil
}

func (d directory) open(name string, flags int, mode uint32) (*os.File, error) {
	fd, err := unix.Openat(d.fd, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		return nil, d.fail("open", name, err)
	}
	return os.NewFile(uintptr(fd), path.Join(d.path, name)), nil
}

func (d directory) child(name string) (directory, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return directory{}, d.fail("open", name, err)
	}
	return directory{fd, path.Join(d.path, name)}, nil
}

func (d directory) readLink(name string) (string, error) {
	target := make([]byte, unix.PathMax)
	length, err := unix.Readlinkat(d.fd, name, target)
	if err != nil {
		return "", d.fail("readlink", name, err)
	}
	return string(target[:length]), nil
}

// names lists the directory in order.
func (d directory) names() ([]string, error) {
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, d.fail("open", ".", err)
	}
	file := os.NewFile(uintptr(fd), d.path)
	defer file.Close()
	names, err := file.Readdirnames(-1)
	sort.Strings(names)
	return names, err
}
