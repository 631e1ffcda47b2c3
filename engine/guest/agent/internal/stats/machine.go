// Package stats reads counters of the machine from /proc and of tasks from cgroup v2.
package stats

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

// Machine mirrors MachineStats of engine/api/agent.ts.
type Machine struct {
	Time int64 `json:"time"`
	CPU  struct {
		BusyMs int64 `json:"busyMs"`
		IdleMs int64 `json:"idleMs"`
	} `json:"cpu"`
	Memory struct {
		Total     int64 `json:"total"`
		Available int64 `json:"available"`
	} `json:"memory"`
	Disk struct {
		Total        int64 `json:"total"`
		Used         int64 `json:"used"`
		ReadBytes    int64 `json:"readBytes"`
		WrittenBytes int64 `json:"writtenBytes"`
	} `json:"disk"`
	Network struct {
		ReceivedBytes int64 `json:"receivedBytes"`
		SentBytes     int64 `json:"sentBytes"`
	} `json:"network"`
	Processes int `json:"processes"`
}

const (
	// tickMs is the unit of /proc/stat: USER_HZ is 100
	tickMs = 10
	// sectorBytes is the unit of /proc/diskstats
	sectorBytes = 512
	// least bounds how often stats.watch reads
	least = 100 * time.Millisecond
)

// Register adds `stats` and `stats.watch`.
func Register(registry *mux.Registry) {
	mux.Call(registry, "stats", func(struct{}) (Machine, error) { return Read(), nil })
	mux.OnStream(registry, "stats.watch", func(stream *mux.Stream, request struct {
		IntervalMs int64 `json:"intervalMs"`
	}) error {
		if err := stream.Reply(struct{}{}); err != nil {
			return err
		}
		gone := stream.Gone()
		ticker := time.NewTicker(max(least, time.Duration(request.IntervalMs)*time.Millisecond))
		defer ticker.Stop()
		for {
			if err := wire.WriteMessage(stream, Read()); err != nil {
				return err
			}
			select {
			case <-gone:
				return nil
			case <-ticker.C:
			}
		}
	})
}

// Read takes one reading. What the kernel does not offer stays zero.
func Read() Machine {
	reading := Machine{Time: time.Now().UnixMilli()}
	readCPU(&reading)
	readMemory(&reading)
	readDisk(&reading)
	for device, traffic := range Devices("/proc/net/dev") {
		if strings.HasPrefix(device, "eth") || strings.HasPrefix(device, "en") {
			reading.Network.ReceivedBytes += traffic.ReceivedBytes
			reading.Network.SentBytes += traffic.SentBytes
		}
	}
	return reading
}

func readCPU(reading *Machine) {
	eachLine("/proc/stat", func(fields []string) bool {
		if fields[0] != "cpu" || len(fields) < 8 {
			return true
		}
		// user nice system idle iowait irq softirq steal
		for i, field := range fields[1:min(len(fields), 9)] {
			if i == 3 || i == 4 {
				reading.CPU.IdleMs += integer(field) * tickMs
			} else {
				reading.CPU.BusyMs += integer(field) * tickMs
			}
		}
		return false
	})
	// The fourth field is runnable/total threads, without a walk through /proc.
	eachLine("/proc/loadavg", func(fields []string) bool {
		if len(fields) > 3 {
			_, total, _ := strings.Cut(fields[3], "/")
			reading.Processes = int(integer(total))
		}
		return false
	})
}

func readMemory(reading *Machine) {
	const kibibyte = 1024
	eachLine("/proc/meminfo", func(fields []string) bool {
		switch fields[0] {
		case "MemTotal:":
			reading.Memory.Total = integer(fields[1]) * kibibyte
		case "MemAvailable:":
			reading.Memory.Available = integer(fields[1]) * kibibyte
			return false
		}
		return true
	})
}

func readDisk(reading *Machine) {
	var system syscall.Statfs_t
	if err := syscall.Statfs("/", &system); err == nil {
		block := int64(system.Bsize)
		reading.Disk.Total = int64(system.Blocks) * block
		reading.Disk.Used = int64(system.Blocks-system.Bfree) * block
	}
	eachLine("/proc/diskstats", func(fields []string) bool {
		if len(fields) > 9 && wholeDisk(fields[2]) {
			reading.Disk.ReadBytes += integer(fields[5]) * sectorBytes
			reading.Disk.WrittenBytes += integer(fields[9]) * sectorBytes
		}
		return true
	})
}

// wholeDisk is true of sda and vda, not of sda1, loop0 or ram0.
func wholeDisk(name string) bool {
	return len(name) == 3 && (name[0] == 's' || name[0] == 'v') && name[1] == 'd'
}

// Traffic is what a network device has received and sent.
type Traffic struct {
	ReceivedBytes   int64 `json:"receivedBytes"`
	ReceivedPackets int64 `json:"receivedPackets"`
	ReceiveErrors   int64 `json:"receiveErrors"`
	ReceiveDrops    int64 `json:"receiveDrops"`
	SentBytes       int64 `json:"sentBytes"`
	SentPackets     int64 `json:"sentPackets"`
	SendErrors      int64 `json:"sendErrors"`
	SendDrops       int64 `json:"sendDrops"`
}

// Devices reads a file as /proc/net/dev.
func Devices(path string) map[string]Traffic {
	devices := make(map[string]Traffic)
	eachLine(path, func(fields []string) bool {
		device, first, found := strings.Cut(fields[0], ":")
		if !found {
			return true
		}
		numbers := fields[1:]
		if first != "" {
			numbers = append([]string{first}, numbers...)
		}
		if len(numbers) > 11 {
			devices[device] = Traffic{
				integer(numbers[0]), integer(numbers[1]), integer(numbers[2]), integer(numbers[3]),
				integer(numbers[8]), integer(numbers[9]), integer(numbers[10]), integer(numbers[11]),
			}
		}
		return true
	})
	return devices
}

func eachLine(path string, visit func(fields []string) bool) {
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 0 && !visit(fields) {
			return
		}
	}
}

func integer(text string) int64 {
	value, _ := strconv.ParseInt(text, 10, 64)
	return value
}
