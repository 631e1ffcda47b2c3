package cgroup

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Stats mirrors CgroupStats of engine/api/agent.ts.
type Stats struct {
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
	IO []ioReading `json:"io"`
}

type ioReading struct {
	Major        int64 `json:"major"`
	Minor        int64 `json:"minor"`
	ReadBytes    int64 `json:"readBytes"`
	WrittenBytes int64 `json:"writtenBytes"`
	Reads        int64 `json:"reads"`
	Writes       int64 `json:"writes"`
}

// Read reads the counters of a cgroup. Files that it lacks count nothing.
func Read(cgroup string) Stats {
	reading := Stats{Time: time.Now().UnixMilli(), CPU: keyed(File(cgroup, "cpu.stat"))}
	reading.Memory.Current, _ = number(cgroup, "memory.current")
	reading.Memory.Peak, _ = number(cgroup, "memory.peak")
	reading.Memory.Limit = limit(cgroup, "memory.max")
	reading.Memory.Stat = keyed(File(cgroup, "memory.stat"))
	reading.Pids.Current, _ = number(cgroup, "pids.current")
	reading.Pids.Limit = limit(cgroup, "pids.max")
	reading.IO = readIO(File(cgroup, "io.stat"))
	return reading
}

// number reads a file with one number; false for `max` and for files the kernel lacks.
func number(cgroup, name string) (int64, bool) {
	content, err := os.ReadFile(File(cgroup, name))
	if err != nil {
		return 0, false
	}
	value, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return value, err == nil
}

func limit(cgroup, name string) *int64 {
	if value, ok := number(cgroup, name); ok {
		return &value
	}
	return nil
}

// keyed reads a file of lines `key value`.
func keyed(path string) map[string]int64 {
	values := make(map[string]int64)
	content, err := os.ReadFile(path)
	if err != nil {
		return values
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			values[key], _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return values
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
