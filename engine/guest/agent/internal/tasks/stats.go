package tasks

import (
	"strconv"

	"drydock/agent/internal/cgroup"
	"drydock/agent/internal/stats"
)

// Stats mirrors TaskStats of engine/api/agent.ts.
type Stats struct {
	cgroup.Stats
	ID       string                   `json:"id"`
	Networks map[string]stats.Traffic `json:"networks"`
}

func (t *Task) stats() (Stats, error) {
	if err := t.running(); err != nil {
		return Stats{}, err
	}
	reading := Stats{cgroup.Read(t.Cgroup), t.ID, stats.Devices("/proc/" + strconv.Itoa(t.Pid) + "/net/dev")}
	delete(reading.Networks, "lo")
	return reading, nil
}
