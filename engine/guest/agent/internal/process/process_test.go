package process

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// reaper is the one of this test's process: two would take each other's children.
var reaper = NewReaper()

func start(t *testing.T, script string, files ...uintptr) *Process {
	t.Helper()
	for len(files) < 3 {
		files = append(files, os.Stderr.Fd())
	}
	child, err := reaper.Start("/bin/sh", []string{"sh", "-c", script}, &syscall.ProcAttr{Files: files, Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func TestExitStatus(t *testing.T) {
	for script, want := range map[string]wire.ExitStatus{
		"exit 0":        {},
		"exit 7":        {Code: 7},
		"kill -9 $$":    {Code: 137, Signal: "SIGKILL"},
		"kill -TERM $$": {Code: 143, Signal: "SIGTERM"},
	} {
		exit := start(t, script).Wait()
		if exit.FinishedAt == 0 {
			t.Errorf("%s: no time", script)
		}
		exit.FinishedAt = 0
		if exit != want {
			t.Errorf("%s: %+v, want %+v", script, exit, want)
		}
	}
}

func TestAdoptsOrphans(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		"that live":          "setsid -f sh -c 'echo $$; exec >&2; read x <&3; exit 5'",
		"that ended already": "setsid -f sh -c 'echo $$; exit 5'",
	} {
		t.Run(name, func(t *testing.T) {
			var input, output [2]int
			for _, pipe := range []*[2]int{&input, &output} {
				if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
					t.Fatal(err)
				}
			}
			start(t, script, os.Stdin.Fd(), uintptr(output[1]), os.Stderr.Fd(), uintptr(input[0])).Wait()
			syscall.Close(output[1])
			text, err := io.ReadAll(os.NewFile(uintptr(output[0]), "output"))
			if name == "that live" {
				syscall.Close(input[1])
			}
			if err != nil {
				t.Fatal(err)
			}
			pid := 0
			for _, digit := range strings.TrimSpace(string(text)) {
				pid = pid*10 + int(digit-'0')
			}
			if exit := reaper.Adopt(pid).Wait(); exit.Code != 5 {
				t.Errorf("%+v", exit)
			}
		})
	}
}

func TestPump(t *testing.T) {
	pump := func(file *os.File, headroom int) (string, int) {
		var all bytes.Buffer
		calls := 0
		if err := Pump(file, headroom, func(data []byte) error {
			all.Write(data[headroom:])
			calls++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all.String(), calls
	}
	pipe := func() (*os.File, *os.File) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			reader.Close()
			writer.Close()
		})
		return reader, writer
	}
	t.Run("gathers what is there", func(t *testing.T) {
		reader, writer := pipe()
		for range 100 {
			writer.WriteString("0123456789")
		}
		writer.Close()
		if text, calls := pump(reader, 5); text != strings.Repeat("0123456789", 100) || calls != 1 {
			t.Errorf("%d bytes in %d calls", len(text), calls)
		}
	})
	t.Run("stops when nothing is left, though the pipe is open", func(t *testing.T) {
		reader, writer := pipe()
		writer.WriteString(strings.Repeat("x", 20_000))
		StopWhenEmpty(reader)
		if text, _ := pump(reader, 0); len(text) != 20_000 {
			t.Errorf("%d bytes", len(text))
		}
	})
	t.Run("takes a terminal's hang-up for the end", func(t *testing.T) {
		master, slave, err := OpenTerminal(wire.TerminalSize{Rows: 24, Cols: 80})
		if err != nil {
			t.Fatal(err)
		}
		defer master.Close()
		slave.WriteString("last words")
		slave.Close()
		if text, _ := pump(master, 0); text != "last words" {
			t.Errorf("%q", text)
		}
	})
}

func TestParseSignal(t *testing.T) {
	for name, want := range map[string]syscall.Signal{"SIGTERM": 15, "TERM": 15, "kill": 9, "15": 15, "37": 37} {
		if got, err := ParseSignal(name); err != nil || got != want {
			t.Errorf("%s: %d %v", name, got, err)
		}
	}
	for _, name := range []string{"", "SIGNOTHING", "0", "-9", "99"} {
		if got, err := ParseSignal(name); err == nil {
			t.Errorf("%q became %d", name, got)
		}
	}
}
