package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestUsage(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), make([]byte, 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(root, "file"), filepath.Join(root, "again")); err != nil {
		t.Fatal(err)
	}
	reply, err := usages([]string{root, filepath.Join(root, "none")})
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Usages[0]; got.Inodes != 2 || got.Bytes < 10_000 || got.Bytes > 30_000 {
		t.Errorf("%+v", got)
	}
	if got := reply.Usages[1]; got != (usage{}) {
		t.Errorf("%+v for nothing", got)
	}
}
