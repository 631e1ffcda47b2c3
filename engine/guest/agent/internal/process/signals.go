package process

import (
	"strconv"
	"strings"
	"syscall"

	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// ParseSignal reads `SIGTERM`, `TERM` or `15`.
func ParseSignal(name string) (syscall.Signal, error) {
	if number, err := strconv.Atoi(name); err == nil && number > 0 && number < 65 {
		return syscall.Signal(number), nil
	}
	upper := strings.ToUpper(name)
	if !strings.HasPrefix(upper, "SIG") {
		upper = "SIG" + upper
	}
	if number := unix.SignalNum(upper); number != 0 {
		return number, nil
	}
	return 0, wire.Errorf("EINVAL", "there is no signal %q", name)
}

// SignalName returns `SIGKILL` for 9, and `SIG40` where there is no name.
func SignalName(number syscall.Signal) string {
	if name := unix.SignalName(number); name != "" {
		return name
	}
	return "SIG" + strconv.Itoa(int(number))
}
