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
	ID     string           `json:"id"`
	Time   int64            `json:"time"`
	CPU    map[string]int64 `json:"cpu"`
	Memory struct {
		Current int64            `json:"current"`
		Peak    int64            `json:"peak"`
		Limit   *int64           `json:"limit"`
		Stat    map[string]int64 `json:"stat"`
	} `json:"memory"`
	Pids struct {
		Current int64  `json:"current"`
		Limit   *int64 `json:"limit"`
	} `json:"pids"`
	IO       []ioReading              `json:"io"`
	Networks map[string]stats.Traffic `json:"networks"`
}

type ioReading struct {
	Major        int64 `json:"major"`
	Minor        int64 `json:"minor"`
	ReadBytes    int64 `json:"readBytes"`
	WrittenBytes int64 `json:"writtenBytes"`
	Reads        int64 `json:"reads"`
	Writes       int64 `json:"writes"`
}

func (t *Task) stats() (Stats, error) {
	if err := t.running(); err != nil {
		return Stats{}, err
	}
	reading := Stats{ID: t.ID, Time: time.Now().UnixMilli(), CPU: keyed(cgroupFile(t.Cgroup, "cpu.stat"))}
	reading.Memory.Current, _ = t.number("memory.current")
	reading.Memory.Peak, _ = t.number("memory.peak")
	reading.Memory.Limit = t.limit("memory.max")
	reading.Memory.Stat = keyed(cgroupFile(t.Cgroup, "memory.stat"))
	reading.Pids.Current, _ = t.number("pids.current")
	reading.Pids.Limit = t.limit("pids.max")
	reading.IO = readIO(cgroupFile(t.Cgroup, "io.stat"))
	reading.Networks = stats.Devices("/proc/" + strconv.Itoa(t.Pid) + "/net/dev")
	delete(reading.Networks, "lo")
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

func (t *Task) limit(name string) *int64 {
	if value, ok := t.number(name); ok {
		return &value
	}
	return nil
}

// readIO reads io.stat, whose lines are such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 …`.
func readIO(path string) []ioReading {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	readings := []ioReading{}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		major, minor, _ := strings.Cut(fields[0], ":")
		values := map[string]int64{}
		for _, field := range fields[1:] {
			name, value, _ := strings.Cut(field, "=")
			values[name], _ = strconv.ParseInt(value, 10, 64)
		}
		reading := ioReading{ReadBytes: values["rbytes"], WrittenBytes: values["wbytes"], Reads: values["rios"], Writes: values["wios"]}
		reading.Major, _ = strconv.ParseInt(major, 10, 64)
		reading.Minor, _ = strconv.ParseInt(minor, 10, 64)
		readings = append(readings, reading)
	}
	return readings
}
