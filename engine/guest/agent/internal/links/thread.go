package links

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// files of /proc/thread-self/ns by the flag that means such a namespace
var files = []struct {
	flag int
	name string
}{
	{unix.CLONE_NEWNET, "net"}, {unix.CLONE_NEWIPC, "ipc"}, {unix.CLONE_NEWUTS, "uts"},
}

// OnThread calls do on a thread locked to it, and brings the thread back to the machine's
// namespaces of the kinds in flags.
func OnThread(flags int, do func() error) error {
	runtime.LockOSThread()
	origins := make([]*os.File, 0, len(files))
	defer func() {
		for _, origin := range origins {
			origin.Close()
		}
	}()
	for _, namespace := range files {
		if flags&namespace.flag == 0 {
			continue
		}
		origin, err := os.Open("/proc/thread-self/ns/" + namespace.name)
		if err != nil {
			runtime.UnlockOSThread()
			return err
		}
		origins = append(origins, origin)
	}
	err := do()
	for _, origin := range origins {
		if unix.Setns(int(origin.Fd()), 0) != nil {
			// The thread stays locked, and ends with its goroutine.
			return err
		}
	}
	runtime.UnlockOSThread()
	return err
}
