// Package quiesce makes a machine ready for a saved state: nothing to write back, and what the
// agent's heap does not use given back to the kernel, which keeps free memory zero.
package quiesce

import (
	"os"
	"runtime/debug"
	"syscall"

	"drydock/agent/internal/mux"
)

// Register adds `quiesce`.
func Register(registry *mux.Registry) {
	mux.Action(registry, "quiesce", func(request struct {
		DropCaches bool `json:"dropCaches"`
	}) error {
		syscall.Sync()
		if request.DropCaches {
			if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0); err != nil {
				return err
			}
		}
		debug.FreeOSMemory()
		return nil
	})
}
