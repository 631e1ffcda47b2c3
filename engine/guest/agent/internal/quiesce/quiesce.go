// Package quiesce makes a machine ready for a saved state: nothing to write back, and free
// memory full of zeros, which compress to nothing.
package quiesce

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"

	"drydock/agent/internal/mux"

	"golang.org/x/sys/unix"
)

const (
	// chunk is allocated at a time, so that free memory is looked at often
	chunk = 2 << 20
	// margin of free memory is left alone: taking it would set off the kernel's reclaim
	margin = 6 << 20
)

// Register adds `quiesce`.
func Register(registry *mux.Registry) {
	mux.Action(registry, "quiesce", func(request struct {
		DropCaches     bool `json:"dropCaches"`
		ZeroFreeMemory bool `json:"zeroFreeMemory"`
	}) error {
		syscall.Sync()
		if request.DropCaches {
			if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0); err != nil {
				return err
			}
		}
		debug.FreeOSMemory()
		if request.ZeroFreeMemory {
			return zeroFreeMemory()
		}
		return nil
	})
}

// zeroFreeMemory takes nearly all free pages, which the kernel clears as it hands them out,
// and gives them back.
func zeroFreeMemory() error {
	var taken [][]byte
	defer func() {
		for _, pages := range taken {
			_ = unix.Munmap(pages)
		}
	}()
	for {
		var info unix.Sysinfo_t
		if err := unix.Sysinfo(&info); err != nil {
			return fmt.Errorf("reading free memory: %w", err)
		}
		if uint64(info.Freeram)*uint64(info.Unit) < margin+chunk {
			return nil
		}
		pages, err := unix.Mmap(-1, 0, chunk, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
		if err != nil {
			// Out of address space, on a machine with gigabytes: most of it is done.
			return nil
		}
		taken = append(taken, pages)
	}
}
