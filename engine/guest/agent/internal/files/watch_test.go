package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"drydock/agent/internal/inotify"
)

// TestWatchGolden replays testdata/watch/*.txt: lines `$ STEP…` are done in an empty
// directory, and what follows each is what the watch reports of it. How often one change is
// reported depends on when the queue is read, so repetitions are left out.
func TestWatchGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/watch/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			queue, err := inotify.New()
			if err != nil {
				t.Fatal(err)
			}
			defer queue.Close()
			tree := &watchedTree{
				root: root, ignore: []string{"node_modules", "*.swp"}, notify: queue,
				directories: make(map[int]string), names: make(map[string]map[string]bool),
			}
			if err := tree.add(root, nil); err != nil {
				t.Fatal(err)
			}
			for i, block := range strings.Split(string(text), "$ ")[1:] {
				step, report, _ := strings.Cut(block, "\n")
				do(t, root, strings.Fields(step))
				if got := reports(t, tree, fmt.Sprintf("end-%d", i)); got != report {
					t.Errorf("%s: got\n%swant\n%s", step, got, report)
				}
			}
		})
	}
}

// reports makes a last directory and returns what is reported before it.
func reports(t *testing.T, tree *watchedTree, last string) string {
	t.Helper()
	do(t, tree.root, []string{"mkdir", last})
	var out strings.Builder
	before := Event{}
	for {
		raw, err := tree.notify.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range tree.translate(raw) {
			name := strings.TrimPrefix(event.Path, tree.root+"/")
			if name == last {
				return out.String()
			}
			if event.Kind == "changed" && event.Path == before.Path && before.Kind != "removed" {
				continue
			}
			before = event
			if event.IsDirectory {
				name += "/"
			}
			out.WriteString(event.Kind + " " + name + "\n")
		}
	}
}

func do(t *testing.T, root string, step []string) {
	t.Helper()
	paths := make([]string, len(step)-1)
	for i, name := range step[1:] {
		paths[i] = filepath.Join(root, name)
	}
	var err error
	switch step[0] {
	case "write":
		for _, path := range paths {
			if err == nil {
				err = os.WriteFile(path, []byte("x"), 0o644)
			}
		}
	case "mkdir":
		err = os.MkdirAll(paths[0], 0o755)
	case "rename":
		err = os.Rename(paths[0], paths[1])
	case "remove":
		err = os.RemoveAll(paths[0])
	default:
		t.Fatalf("no step %q", step[0])
	}
	if err != nil {
		t.Fatal(err)
	}
}
