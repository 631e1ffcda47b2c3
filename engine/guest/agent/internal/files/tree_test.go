package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTreeStaysInside(t *testing.T) {
	root := t.TempDir()
	outside := t.TempDir()
	for _, directory := range []string{"real/deep", "usr"} {
		if err := os.MkdirAll(filepath.Join(root, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"absolute": "/real", "up": "../../../../real", "out": outside, "self": "self", "usr/relative": "../real/deep",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := openTree(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.close()
	inode := func(path string) uint64 {
		directory, err := tree.directory(path)
		if err != nil {
			return 0
		}
		defer directory.close()
		stat, err := directory.stat(".")
		if err != nil {
			t.Fatal(err)
		}
		return uint64(stat.Ino)
	}
	for path, same := range map[string]string{
		"/absolute/deep":  "/real/deep",
		"up/deep":         "/real/deep",
		"/usr/relative":   "/real/deep",
		"../../../":       "/",
		"/real/../../usr": "/usr",
	} {
		if got := inode(path); got == 0 || got != inode(same) {
			t.Errorf("%s is not %s", path, same)
		}
	}
	for _, path := range []string{"/out", "/self", "/missing"} {
		if inode(path) != 0 {
			t.Errorf("%s could be opened", path)
		}
	}
	made, err := tree.makeDirectory("/absolute/new/one")
	if err != nil {
		t.Fatal(err)
	}
	made.close()
	if _, err := os.Stat(filepath.Join(root, "real/new/one")); err != nil {
		t.Error(err)
	}
}
