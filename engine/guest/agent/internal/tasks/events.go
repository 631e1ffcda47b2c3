package tasks

import (
	"sync"

	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"
)

// event mirrors TaskEvent of engine/api/agent.ts.
type event struct {
	Type string           `json:"type"`
	ID   string           `json:"id"`
	Pid  int              `json:"pid,omitempty"`
	Time int64            `json:"time,omitempty"`
	Exit *wire.ExitStatus `json:"exit,omitempty"`
}

// eventQueue is how many events a subscriber may lag behind before it is dropped.
const eventQueue = 1024

type events struct {
	mu          sync.Mutex
	subscribers []chan event
}

func (e *events) publish(happened event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := e.subscribers[:0]
	for _, subscriber := range e.subscribers {
		select {
		case subscriber <- happened:
			kept = append(kept, subscriber)
		default:
			close(subscriber)
		}
	}
	e.subscribers = kept
}

func (e *events) subscribe() chan event {
	queue := make(chan event, eventQueue)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.subscribers = append(e.subscribers, queue)
	return queue
}

func (e *events) unsubscribe(queue chan event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.subscribers {
		if other == queue {
			e.subscribers = append(e.subscribers[:i], e.subscribers[i+1:]...)
			return
		}
	}
}

// serve is `task.events`. A subscriber that lags too far behind sees its stream end.
func (e *events) serve(stream *mux.Stream, _ struct{}) error {
	queue := e.subscribe()
	defer e.unsubscribe(queue)
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	gone := stream.Gone()
	for {
		select {
		case <-gone:
			return nil
		case happened, ok := <-queue:
			if !ok {
				return nil
			}
			if err := wire.WriteMessage(stream, happened); err != nil {
				return err
			}
		}
	}
}
