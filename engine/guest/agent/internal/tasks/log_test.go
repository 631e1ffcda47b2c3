package tasks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drydock/agent/internal/wire"
)

// TestLogGolden replays testdata/log/*.txt: a first line `format [maxBytes maxFiles]`, lines
// `out TEXT` and `err TEXT` with Go's escapes, and after `--` the log as it must be.
func TestLogGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/log/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(text), "--\n")
			path := filepath.Join(t.TempDir(), "log")
			format, writes, _ := strings.Cut(input, "\n")
			log, err := OpenLog(LogSpec{Path: path, Format: format}, func() time.Time { return time.Unix(1_700_000_000, 5000) }, nil)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(writes) {
				kind := wire.FrameStdout
				if strings.HasPrefix(line, "err ") {
					kind = wire.FrameStderr
				}
				log.Write(kind, unquote(t, strings.TrimSuffix(line[4:], "\n")))
			}
			log.Close()
			got, err := os.ReadFile(path)
			if err != nil || string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func unquote(t *testing.T, text string) []byte {
	t.Helper()
	replacer := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\x1b`, "\x1b", `\xff`, "\xff", `\\`, `\`)
	return []byte(replacer.Replace(text))
}

func TestLogCutsLongLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := OpenLog(LogSpec{Path: path, Format: "cri"}, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	// In pieces, as a pipe brings them.
	line := strings.Repeat("x", 2*longestEntry+10) + "\n"
	for rest := line; rest != ""; {
		n := min(len(rest), 4096)
		log.Write(wire.FrameStdout, []byte(rest[:n]))
		rest = rest[n:]
	}
	log.Close()
	text, _ := os.ReadFile(path)
	var shape []string
	for entry := range strings.Lines(string(text)) {
		fields := strings.Fields(entry)
		shape = append(shape, fields[2]+strings.Repeat("k", len(fields[3])/1024))
	}
	want := []string{"P" + strings.Repeat("k", 16), "P" + strings.Repeat("k", 16), "F"}
	if strings.Join(shape, " ") != strings.Join(want, " ") {
		t.Errorf("entries %v", shape)
	}
}

func TestLogRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := OpenLog(LogSpec{Path: path, Format: "cri", MaxBytes: 100, MaxFiles: 3}, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	log.Write(wire.FrameStdout, []byte("many lines at once\nrotate\nas well\nas lines\n"))
	for i := range 40 {
		log.Write(wire.FrameStdout, []byte{'a' + byte(i%26), '\n'})
	}
	log.Close()
	for _, name := range []string{"log.1", "log.2"} {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		lines := strings.SplitAfter(string(content), "\n")
		last := lines[max(0, len(lines)-2)]
		if err != nil || len(content) < 100 || len(content)-len(last) >= 100 {
			t.Errorf("%s: %q %v", name, content, err)
		}
	}
	if _, err := os.Stat(path + ".3"); err == nil {
		t.Error("one file too many")
	}
}

func TestLogCompresses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	spec := LogSpec{Path: path, Format: "cri", MaxBytes: 20, MaxFiles: 3, Compress: true}
	log, err := OpenLog(spec, time.Now, func(full string) { _ = os.Rename(full, full+".gz") })
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"one\n", "two\n", "three\n", "four\n"} {
		log.Write(wire.FrameStdout, []byte(line))
	}
	log.Close()
	for name, word := range map[string]string{"log": "four", "log.1.gz": "three", "log.2.gz": "two"} {
		content, _ := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if !strings.HasSuffix(string(content), word+"\n") {
			t.Errorf("%s holds %q", name, content)
		}
	}
}
