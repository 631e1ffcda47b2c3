package files

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"path"
	"strings"
	"syscall"
	"time"

	"drydock/agent/internal/mux"

	"golang.org/x/sys/unix"
)

const (
	// whiteoutPrefix and opaqueName are how an OCI layer says that something below is gone
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	opaqueAttr     = "trusted.overlay.opaque"
	// paxAttr prefixes extended attributes in a pax header
	paxAttr = "SCHILY.xattr."
)

type tarReadRequest struct {
	Path  string   `json:"path"`
	Names []string `json:"names"`
	Layer bool     `json:"layer"`
	Root  string   `json:"root"`
}

func readTar(stream *mux.Stream, request tarReadRequest) error {
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
	defer base.close()
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(onlyWriter{stream}, readChunk)
	packer := &packer{
		writer: tar.NewWriter(buffered), layer: request.Layer,
		links: make(map[inode]string), buffer: make([]byte, readChunk),
	}
	if len(request.Names) == 0 {
		err = packer.contents(base, "")
	}
	for _, name := range request.Names {
		if err == nil {
			err = packer.named(tree, request.Path, relative(name))
		}
	}
	// Without the archive's end the host sees that it is not whole.
	if err != nil {
		_ = buffered.Flush()
		return err
	}
	if err := packer.writer.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

type inode struct {
	device uint64
	number uint64
}

// packer writes entries. Names in the archive are relative, directories end in a slash.
type packer struct {
	writer *tar.Writer
	layer  bool
	links  map[inode]string
	buffer []byte
}

// named packs one entry and what is below it; its parents are resolved inside the tree.
func (p *packer) named(tree tree, base, name string) error {
	parent, err := tree.directory(path.Join(base, path.Dir(name)))
	if err != nil {
		return err
	}
	defer parent.close()
	return p.entry(parent, path.Base(name), name)
}

func (p *packer) contents(directory directory, prefix string) error {
	names, err := directory.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := p.entry(directory, name, below(prefix, name)); err != nil && !errors.Is(err, syscall.ENOENT) {
			return err
		}
	}
	return nil
}

// below names an entry of a directory. A leading "." stays: docker cp puts the name of its target there.
func below(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "/" + name
}

func (p *packer) entry(directory directory, name, archived string) error {
	stat, err := directory.stat(name)
	if err != nil {
		return err
	}
	kind := stat.Mode & unix.S_IFMT
	if p.layer && kind == unix.S_IFCHR && stat.Rdev == 0 {
		return p.writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path.Join(path.Dir(archived), whiteoutPrefix+name), Mode: 0o600})
	}
	header := &tar.Header{
		Name: archived, Mode: int64(stat.Mode & permissionBits), Uid: int(stat.Uid), Gid: int(stat.Gid),
		ModTime: time.Unix(int64(stat.Mtim.Sec), 0), PAXRecords: attributes(directory.of(name)),
	}
	switch kind {
	case unix.S_IFDIR:
		return p.directory(directory, name, header)
	case unix.S_IFREG:
		return p.file(directory, name, header, stat)
	case unix.S_IFLNK:
		header.Typeflag = tar.TypeSymlink
		if header.Linkname, err = directory.readLink(name); err != nil {
			return err
		}
	case unix.S_IFIFO:
		header.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		header.Typeflag = tar.TypeChar
		if kind == unix.S_IFBLK {
			header.Typeflag = tar.TypeBlock
		}
		header.Devmajor, header.Devminor = int64(unix.Major(uint64(stat.Rdev))), int64(unix.Minor(uint64(stat.Rdev)))
	default:
		// Sockets do not travel.
		return nil
	}
	return p.writer.WriteHeader(header)
}

func (p *packer) directory(parent directory, name string, header *tar.Header) error {
	header.Typeflag = tar.TypeDir
	prefix := header.Name
	header.Name += "/"
	child, err := parent.child(name)
	if err != nil {
		return err
	}
	defer child.close()
	if err := p.writer.WriteHeader(header); err != nil {
		return err
	}
	if p.layer && attribute(child.of("."), opaqueAttr) == "y" {
		if err := p.writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path.Join(prefix, opaqueName), Mode: 0o600}); err != nil {
			return err
		}
	}
	return p.contents(child, prefix)
}

func (p *packer) file(directory directory, name string, header *tar.Header, stat unix.Stat_t) error {
	header.Typeflag = tar.TypeReg
	if stat.Nlink > 1 {
		key := inode{uint64(stat.Dev), uint64(stat.Ino)}
		if first, ok := p.links[key]; ok {
			header.Typeflag, header.Linkname, header.PAXRecords = tar.TypeLink, first, nil
			return p.writer.WriteHeader(header)
		}
		p.links[key] = header.Name
	}
	file, err := directory.open(name, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	header.Size = stat.Size
	if err := p.writer.WriteHeader(header); err != nil {
		return err
	}
	// A file that shrinks meanwhile is filled up with zeros, one that grows is cut.
	written, err := io.CopyBuffer(onlyWriter{p.writer}, onlyReader{io.LimitReader(file, stat.Size)}, p.buffer)
	if err == nil && written < stat.Size {
		_, err = io.CopyBuffer(onlyWriter{p.writer}, onlyReader{io.LimitReader(zeros{}, stat.Size-written)}, p.buffer)
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// attributes returns the extended attributes that travel: capabilities and the user's own.
func attributes(path string) map[string]string {
	list := make([]byte, 1024)
	length, err := unix.Llistxattr(path, list)
	if err != nil || length == 0 {
		return nil
	}
	var records map[string]string
	for _, name := range strings.Split(strings.TrimSuffix(string(list[:length]), "\x00"), "\x00") {
		if name != "security.capability" && !strings.HasPrefix(name, "user.") {
			continue
		}
		if records == nil {
			records = make(map[string]string)
		}
		records[paxAttr+name] = attribute(path, name)
	}
	return records
}

func attribute(path, name string) string {
	value := make([]byte, 256)
	length, err := unix.Lgetxattr(path, name, value)
	if err == unix.ERANGE {
		value = make([]byte, unix.PathMax*16)
		length, err = unix.Lgetxattr(path, name, value)
	}
	if err != nil {
		return ""
	}
	return string(value[:length])
}
