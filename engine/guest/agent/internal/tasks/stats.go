package tasks

import (
	"os"
	"strconv"
	"strings"
	"time"

	"drydock/agent/internal/stats"
)

// Stats mirrors TaskStats of engine/api/agent.ts.
type Stats struct {
	ID                string `json:"id"`
	Time              int64  `json:"time"`
	CPUUsec           int64  `json:"cpuUsec"`
	UserUsec          int64  `json:"userUsec"`
	SystemUsec        int64  `json:"systemUsec"`
	ThrottledUsec     int64  `json:"throttledUsec"`
	MemoryBytes       int64  `json:"memoryBytes"`
	InactiveFileBytes int64  `json:"inactiveFileBytes"`
	MemoryLimit       *int64 `json:"memoryLimit"`
	Pids              int64  `json:"pids"`
	ReadBytes         int64  `json:"readBytes"`
	WrittenBytes      int64  `json:"writtenBytes"`
	ReceivedBytes     int64  `json:"receivedBytes"`
	SentBytes         int64  `json:"sentBytes"`
}

func (t *Task) stats() (Stats, error) {
	if err := t.running(); err != nil {
		return Stats{}, err
	}
	cpu := keyed(cgroupFile(t.Cgroup, "cpu.stat"))
	reading := Stats{
		ID: t.ID, Time: time.Now().UnixMilli(),
		CPUUsec: cpu["usage_usec"], UserUsec: cpu["user_usec"], SystemUsec: cpu["system_usec"], ThrottledUsec: cpu["throttled_usec"],
		InactiveFileBytes: keyed(cgroupFile(t.Cgroup, "memory.stat"))["inactive_file"],
	}
	reading.MemoryBytes, _ = t.number("memory.current")
	reading.Pids, _ = t.number("pids.current")
	if limit, ok := t.number("memory.max"); ok {
		reading.MemoryLimit = &limit
	}
	reading.ReadBytes, reading.WrittenBytes = ioBytes(cgroupFile(t.Cgroup, "io.stat"))
	reading.ReceivedBytes, reading.SentBytes = stats.NetworkBytes("/proc/"+strconv.Itoa(t.Pid)+"/net/dev", func(device string) bool { return device != "lo" })
	return reading, nil
}

// number reads a file with one number; false for `max` and for files the kernel lacks.
func (t *Task) number(name string) (int64, bool) {
	content, err := os.ReadFile(cgroupFile(t.Cgroup, name))
	if err != nil {
		return 0, false
	}
	value, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return value, err == nil
}

// ioBytes sums io.stat's lines, such as `8:0 rbytes=4096 wbytes=0 …`.
func ioBytes(path string) (read, written int64) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, 0
	}
	for _, field := range strings.Fields(string(content)) {
		name, value, _ := strings.Cut(field, "=")
		number, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "rbytes":
			read += number
		case "wbytes":
			written += number
		}
	}
	return read, written
}
