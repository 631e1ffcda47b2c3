package tasks

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"drydock/agent/internal/wire"
)

// longestEntry is where both Docker and the CRI cut a line into parts.
const longestEntry = 16 << 10

// Log writes a task's output, a line an entry, as Docker's json-file driver or the CRI does.
// What has no newline yet waits for it, for the cut, or for the end.
type Log struct {
	spec LogSpec
	now  func() time.Time
	// compress turns a file into one with .gz after its name; it returns when that is done
	compress    func(path string)
	compressing sync.WaitGroup

	mu      sync.Mutex
	file    *os.File
	size    int64
	pending map[wire.FrameType][]byte
	entries []byte
}

// OpenLog appends to the log at spec.Path.
func OpenLog(spec LogSpec, now func() time.Time, compress func(path string)) (*Log, error) {
	if spec.Format != "json-file" && spec.Format != "cri" {
		return nil, wire.Errorf("EINVAL", "there is no log format %q", spec.Format)
	}
	if err := os.MkdirAll(filepath.Dir(spec.Path), 0o755); err != nil {
		return nil, err
	}
	log := &Log{spec: spec, now: now, compress: compress, pending: make(map[wire.FrameType][]byte)}
	return log, log.open()
}

func (l *Log) open() error {
	file, err := os.OpenFile(l.spec.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	l.file, l.size = file, 0
	if info, err := file.Stat(); err == nil {
		l.size = info.Size()
	}
	return nil
}

// Write adds output. A log that cannot be written (a full disk) loses it: the task goes on.
func (l *Log) Write(kind wire.FrameType, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stamp := l.now().UTC().Format(time.RFC3339Nano)
	if pending := l.pending[kind]; len(pending) > 0 {
		data = append(pending, data...)
	}
	for len(data) > 0 {
		end := bytes.IndexByte(data[:min(len(data), longestEntry)], '\n')
		switch {
		case end >= 0:
			l.add(kind, stamp, data[:end], true)
			data = data[end+1:]
			continue
		case len(data) >= longestEntry:
			l.add(kind, stamp, data[:longestEntry], false)
			data = data[longestEntry:]
			continue
		}
		break
	}
	l.pending[kind] = append(l.pending[kind][:0], data...)
	l.flush()
}

// Reopen goes on in a new file of the same name, once somebody renamed the old one.
func (l *Log) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.file
	if err := l.open(); err != nil {
		return err
	}
	return old.Close()
}

// Close writes what waits for its newline.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	stamp := l.now().UTC().Format(time.RFC3339Nano)
	for _, kind := range []wire.FrameType{wire.FrameStdout, wire.FrameStderr} {
		if data := l.pending[kind]; len(data) > 0 {
			l.add(kind, stamp, data, false)
		}
	}
	l.flush()
	l.file.Close()
	l.compressing.Wait()
}

func (l *Log) flush() {
	if len(l.entries) == 0 {
		return
	}
	n, _ := l.file.Write(l.entries)
	l.size += int64(n)
	l.entries = l.entries[:0]
}

// add queues an entry. As in Docker, a file ends with the entry that reaches its limit.
func (l *Log) add(kind wire.FrameType, stamp string, line []byte, whole bool) {
	if l.spec.MaxBytes > 0 && l.size+int64(len(l.entries)) >= l.spec.MaxBytes {
		l.flush()
		l.rotate()
	}
	l.entries = l.appendEntry(l.entries, kind, stamp, line, whole)
}

// rotate renames path.1 to path.2 and so on, as Docker does; with one file, it starts over.
func (l *Log) rotate() {
	l.file.Close()
	l.compressing.Wait()
	if l.spec.MaxFiles > 1 {
		for i := l.spec.MaxFiles - 1; i > 1; i-- {
			for _, extension := range []string{"", ".gz"} {
				name := func(i int) string { return fmt.Sprintf("%s.%d%s", l.spec.Path, i, extension) }
				_ = os.Remove(name(i))
				_ = os.Rename(name(i-1), name(i))
			}
		}
		newest := l.spec.Path + ".1"
		_ = os.Rename(l.spec.Path, newest)
		if l.spec.Compress {
			l.compressing.Go(func() { l.compress(newest) })
		}
	} else {
		_ = os.Remove(l.spec.Path)
	}
	if err := l.open(); err != nil {
		l.file, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
}

func (l *Log) appendEntry(out []byte, kind wire.FrameType, stamp string, line []byte, whole bool) []byte {
	stream := "stdout"
	if kind == wire.FrameStderr {
		stream = "stderr"
	}
	if l.spec.Format == "cri" {
		tag := " F "
		if !whole {
			tag = " P "
		}
		out = append(append(append(append(out, stamp...), ' '), stream...), tag...)
		return append(append(out, line...), '\n')
	}
	out = appendEscaped(append(out, `{"log":"`...), line)
	if whole {
		out = append(out, `\n`...)
	}
	out = append(append(out, `","stream":"`...), stream...)
	out = append(append(out, `","time":"`...), stamp...)
	return append(out, "\"}\n"...)
}

// appendEscaped writes the inside of a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendEscaped(out, text []byte) []byte {
	plain := 0
	for i := 0; i < len(text); {
		letter := text[i]
		if letter >= ' ' && letter != '"' && letter != '\\' && letter < utf8.RuneSelf {
			i++
			continue
		}
		if letter >= utf8.RuneSelf {
			if r, size := utf8.DecodeRune(text[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		out = append(out, text[plain:i]...)
		switch letter {
		case '"', '\\':
			out = append(out, '\\', letter)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		case '\t':
			out = append(out, `\t`...)
		default:
			if letter < ' ' {
				out = append(out, `\u00`...)
				out = append(out, "0123456789abcdef"[letter>>4], "0123456789abcdef"[letter&15])
			} else {
				out = append(out, `\ufffd`...)
			}
		}
		i++
		plain = i
	}
	return append(out, text[plain:]...)
}

// compress runs gzip, which removes the original when it is through.
func (s *Store) compress(path string) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer null.Close()
	child, err := s.reaper.Start("/usr/bin/gzip", []string{"gzip", "-f", path}, &syscall.ProcAttr{
		Files: []uintptr{null.Fd(), null.Fd(), null.Fd()},
	})
	if err == nil {
		child.Wait()
	}
}
