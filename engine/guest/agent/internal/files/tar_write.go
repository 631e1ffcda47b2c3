package files

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"path"
	"strings"
	"syscall"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

type tarWriteRequest struct {
	Path      string `json:"path"`
	Root      string `json:"root"`
	KeepOwner bool   `json:"keepOwner"`
}

func writeTar(stream *mux.Stream, request tarWriteRequest) error {
	if err := absolute(request.Path); err != nil {
		return err
	}
	tree, err := openTree(request.Root)
	if err != nil {
		return err
	}
	defer tree.close()
	base, err := tree.directory(request.Path)
	if err != nil {
		return err
	}
	base.close()
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	unpacker := &unpacker{tree: tree, base: request.Path, keepOwner: request.KeepOwner, buffer: make([]byte, readChunk)}
	defer unpacker.forgetParent()
	err = unpacker.all(tar.NewReader(bufio.NewReaderSize(onlyReader{stream}, readChunk)))
	if err == nil {
		_, err = io.Copy(io.Discard, onlyReader{stream})
	}
	return stream.Finish(err)
}

type unpacker struct {
	tree      tree
	base      string
	keepOwner bool
	buffer    []byte
	// parent is the directory of the entry before: most entries share it
	parent     directory
	parentPath string
}

func (u *unpacker) all(reader *tar.Reader) error {
	// Directories get their times last: what is made in them changes these.
	var directories []*tar.Header
	for {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return wire.Errorf("EINVAL", "the tar archive: %v", err)
		}
		if relative(header.Name) == "." {
			continue
		}
		if err := u.entry(header, reader); err != nil {
			return err
		}
		if header.Typeflag == tar.TypeDir {
			directories = append(directories, header)
		}
	}
	for i := len(directories) - 1; i >= 0; i-- {
		parent, name, err := u.locate(directories[i].Name)
		if err != nil {
			return err
		}
		setTime(parent, name, directories[i])
	}
	return nil
}

// locate opens the directory an entry belongs to.
func (u *unpacker) locate(entry string) (directory, string, error) {
	full := path.Join(u.base, relative(entry))
	parentPath := path.Dir(full)
	if u.parentPath != parentPath {
		parent, err := u.tree.makeDirectory(parentPath)
		if err != nil {
			return directory{}, "", err
		}
		u.forgetParent()
		u.parent, u.parentPath = parent, parentPath
	}
	return u.parent, path.Base(full), nil
}

func (u *unpacker) forgetParent() {
	if u.parentPath != "" {
		u.parent.close()
		u.parentPath = ""
	}
}

func (u *unpacker) entry(header *tar.Header, content io.Reader) error {
	parent, name, err := u.locate(header.Name)
	if err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		if err := u.makeDirectory(parent, name); err != nil {
			return err
		}
		return u.finish(parent, name, header)
	}
	if existing, err := parent.stat(name); err == nil {
		if existing.Mode&unix.S_IFMT == unix.S_IFDIR {
			return parent.fail("replace", name, syscall.EISDIR)
		}
		if err := unix.Unlinkat(parent.fd, name, 0); err != nil {
			return parent.fail("replace", name, err)
		}
	}
	mode := uint32(header.Mode & permissionBits)
	device := int(unix.Mkdev(uint32(header.Devmajor), uint32(header.Devminor)))
	switch header.Typeflag {
	case tar.TypeReg:
		err = u.file(parent, name, content)
	case tar.TypeSymlink:
		err = unix.Symlinkat(header.Linkname, parent.fd, name)
	case tar.TypeLink:
		return u.link(parent, name, header.Linkname)
	case tar.TypeFifo:
		err = unix.Mknodat(parent.fd, name, unix.S_IFIFO|mode, 0)
	case tar.TypeChar:
		err = unix.Mknodat(parent.fd, name, unix.S_IFCHR|mode, device)
	case tar.TypeBlock:
		err = unix.Mknodat(parent.fd, name, unix.S_IFBLK|mode, device)
	default:
		return nil
	}
	if err != nil {
		return parent.fail("create", name, err)
	}
	return u.finish(parent, name, header)
}

// makeDirectory accepts one that exists, and a link that leads to one.
func (u *unpacker) makeDirectory(parent directory, name string) error {
	err := unix.Mkdirat(parent.fd, name, 0o755)
	if err == syscall.EEXIST {
		existing, err := u.tree.directory(path.Join(parent.path, name))
		if err == nil {
			existing.close()
		}
		return err
	}
	if err != nil {
		return parent.fail("mkdir", name, err)
	}
	return nil
}

func (u *unpacker) file(parent directory, name string, content io.Reader) error {
	file, err := parent.open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(onlyWriter{file}, onlyReader{content}, u.buffer); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// link makes a hard link to an entry of the same archive.
func (u *unpacker) link(parent directory, name, target string) error {
	full := path.Join(u.base, relative(target))
	source, err := u.tree.directory(path.Dir(full))
	if err != nil {
		return err
	}
	defer source.close()
	if err := unix.Linkat(source.fd, path.Base(full), parent.fd, name, 0); err != nil {
		return parent.fail("link", name, err)
	}
	return nil
}

// finish sets owner, mode, attributes and time of what is no link to elsewhere.
func (u *unpacker) finish(parent directory, name string, header *tar.Header) error {
	if u.keepOwner {
		if err := unix.Fchownat(parent.fd, name, header.Uid, header.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return parent.fail("chown", name, err)
		}
	}
	if stat, err := parent.stat(name); err == nil && stat.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := unix.Fchmodat(parent.fd, name, uint32(header.Mode&permissionBits), 0); err != nil {
			return parent.fail("chmod", name, err)
		}
		for record, value := range header.PAXRecords {
			attribute, ok := strings.CutPrefix(record, paxAttr)
			if !ok {
				continue
			}
			if err := unix.Lsetxattr(parent.of(name), attribute, []byte(value), 0); err != nil && !errors.Is(err, syscall.ENOTSUP) {
				return parent.fail("setxattr "+attribute, name, err)
			}
		}
	}
	setTime(parent, name, header)
	return nil
}

// setTime is for tools that compare times; a file system that refuses is no failure.
func setTime(parent directory, name string, header *tar.Header) {
	modified := unix.NsecToTimespec(header.ModTime.UnixNano())
	_ = unix.UtimesNanoAt(parent.fd, name, []unix.Timespec{modified, modified}, unix.AT_SYMLINK_NOFOLLOW)
}
