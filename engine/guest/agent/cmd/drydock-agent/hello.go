package main

import (
	"os"
	"time"

	"drydock/agent/internal/mux"

	"golang.org/x/sys/unix"
)

type helloReply struct {
	Version  string `json:"version"`
	Kernel   string `json:"kernel"`
	Hostname string `json:"hostname"`
	// BootMs is the time from the kernel's start to the agent's
	BootMs int64 `json:"bootMs"`
}

func registerHello(registry *mux.Registry) {
	started := sinceBoot()
	mux.Call(registry, "hello", func(struct{}) (helloReply, error) {
		var system unix.Utsname
		if err := unix.Uname(&system); err != nil {
			return helloReply{}, err
		}
		hostname, err := os.Hostname()
		return helloReply{version, unix.ByteSliceToString(system.Release[:]), hostname, started.Milliseconds()}, err
	})
}

func sinceBoot() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return time.Duration(now.Nano())
}
