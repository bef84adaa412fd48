package syslog

import (
	"context"
	"sync"
	"time"
)

// maxWaiting bounds the messages that wait for a slow server.
const maxWaiting = 4096

// again is how long after a fault a server is tried again.
const again = 5 * time.Second

// Queue sends messages in the background, so that no part of the program waits for a syslog server. What does not fit
// is counted and left out.
type Queue struct {
	w       *Writer
	waiting chan message

	mu     sync.Mutex
	health Health
}

type message struct {
	at       time.Time
	severity Severity
	text     string
}

// Health tells how the messages of a [Queue] fare.
type Health struct {
	Sent int64     // messages sent since the start
	Lost int64     // messages left out since the start
	At   time.Time // when the last one was sent
	// Fault is what was wrong at the last attempt; nil when it was sent, or nothing has been tried.
	Fault error
}

// NewQueue returns a queue before w. Run it with [Queue.Run].
func NewQueue(w *Writer) *Queue { return &Queue{w: w, waiting: make(chan message, maxWaiting)} }

// To tells where messages go.
func (q *Queue) To() Server { return q.w.To() }

// Put hands over a message without waiting.
func (q *Queue) Put(at time.Time, s Severity, text string) {
	select {
	case q.waiting <- message{at, s, text}:
	default:
		q.note(func(h *Health) { h.Lost++ })
	}
}

// Health tells how the messages fare.
func (q *Queue) Health() Health {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.health
}

func (q *Queue) note(change func(*Health)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(&q.health)
}

// Run sends until ctx ends, and then what waits while the server takes it.
func (q *Queue) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			q.drain()
			return
		case m := <-q.waiting:
			for !q.send(m) {
				if !rest(ctx) {
					q.drain()
					return
				}
			}
		}
	}
}

func (q *Queue) send(m message) bool {
	err := q.w.Send(m.at, m.severity, m.text)
	q.note(func(h *Health) {
		h.Fault = err
		if err == nil {
			h.Sent++
			h.At = m.at
		}
	})
	return err == nil
}

// rest waits before the next attempt; false when ctx ends.
func rest(ctx context.Context) bool {
	t := time.NewTimer(again)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (q *Queue) drain() {
	defer func() { _ = q.w.Close() }() // nothing more is sent
	for {
		select {
		case m := <-q.waiting:
			if !q.send(m) {
				return
			}
		default:
			return
		}
	}
}
