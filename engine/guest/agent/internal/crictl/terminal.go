package crictl

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// inputSize is how much of the standard input one frame carries at most.
const inputSize = 16 << 10

// terminal is the standard input, and how it was before it was lent.
type terminal struct {
	file   *os.File
	before *unix.Termios
}

func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

func sizeOf(file *os.File) wire.TerminalSize {
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return wire.TerminalSize{}
	}
	return wire.TerminalSize{Rows: size.Row, Cols: size.Col}
}

// lend sends what is typed from now on. Raw, every key is the other side's, and it learns of new sizes.
func (t *terminal) lend(out io.Writer, raw bool) error {
	writer := &frameWriter{out: out}
	if raw {
		if err := t.makeRaw(); err != nil {
			return err
		}
		changes := make(chan os.Signal, 1)
		signal.Notify(changes, syscall.SIGWINCH)
		go func() {
			for range changes {
				writer.json(wire.FrameResize, sizeOf(t.file))
			}
		}()
	}
	go func() {
		frame := make([]byte, wire.FrameHeader+inputSize)
		for {
			length, err := t.file.Read(frame[wire.FrameHeader:])
			if length > 0 {
				writer.write(wire.FrameStdin, frame[:wire.FrameHeader+length])
			}
			if err != nil {
				writer.write(wire.FrameStdinEnd, make([]byte, wire.FrameHeader))
				return
			}
		}
	}()
	return nil
}

// makeRaw is cfmakeraw(3).
func (t *terminal) makeRaw() error {
	fd := int(t.file.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	raw := *before
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	t.before = before
	return unix.IoctlSetTermios(fd, unix.TCSETS, &raw)
}

func (t *terminal) restore() {
	if t.before == nil {
		return
	}
	_ = unix.IoctlSetTermios(int(t.file.Fd()), unix.TCSETS, t.before)
	t.before = nil
}

// frameWriter keeps frames whole. That the other side is gone shows where its frames are read.
type frameWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *frameWriter) write(kind wire.FrameType, frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wire.PutFrameHeader(frame, kind)
	_, _ = w.out.Write(frame)
}

func (w *frameWriter) json(kind wire.FrameType, value any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = wire.WriteJSONFrame(w.out, kind, value)
}
