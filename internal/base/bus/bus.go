// Package bus carries wake-ups between the parts of a zone: in process at once, and through PostgreSQL's NOTIFY to the
// other servers of the zone. A message is a hint. Losing one costs latency, never correctness: the database is the
// truth, and whoever waits also polls.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"drover/internal/base/logfield"
)

// Message is one wake-up. Topic says for whom ("device:ID", "zone", "event"); Body holds at most [MaxBody] bytes and
// nothing secret or personal, since it passes through the database's notification queue.
type Message struct {
	Topic string `json:"t"`
	Body  string `json:"b,omitempty"`
}

// MaxBody bounds a message's body.
const MaxBody = 200

// Bus hands messages to those who subscribed to their topic. The zero value is not ready; use [New].
type Bus struct {
	mu   sync.RWMutex
	subs map[string]map[*subscription]struct{}

	out chan Message // to the other servers; nil when there are none
}

type subscription struct{ fn func(Message) }

// New returns a bus for one server.
func New() *Bus { return &Bus{subs: make(map[string]map[*subscription]struct{})} }

// Subscribe has fn called for each message of the topic, on the publisher's goroutine: fn must not block. After cancel
// returns, a call already under way may still end.
func (b *Bus) Subscribe(topic string, fn func(Message)) (cancel func()) {
	s := &subscription{fn}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs[topic] == nil {
		b.subs[topic] = make(map[*subscription]struct{}, 1)
	}
	b.subs[topic][s] = struct{}{}
	return func() { b.unsubscribe(topic, s) }
}

func (b *Bus) unsubscribe(topic string, s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs[topic], s)
	if len(b.subs[topic]) == 0 {
		delete(b.subs, topic)
	}
}

// Publish hands the message to this server's subscribers at once, and to the other servers soon. Call it after the
// commit of what it tells of, never inside the transaction. A body over [MaxBody] is cut.
func (b *Bus) Publish(m Message) {
	if len(m.Body) > MaxBody {
		m.Body = m.Body[:MaxBody]
	}
	b.Local(m)
	if b.out == nil {
		return
	}
	select {
	case b.out <- m:
	default: // the database is behind: the others find out when they poll
	}
}

// Local hands the message to this server's subscribers alone.
func (b *Bus) Local(m Message) {
	b.mu.RLock()
	fns := make([]func(Message), 0, len(b.subs[m.Topic]))
	for s := range b.subs[m.Topic] {
		fns = append(fns, s.fn)
	}
	b.mu.RUnlock()
	for _, fn := range fns {
		fn(m)
	}
}

const (
	channel    = "drover_bus"
	queueSize  = 4096
	batchBytes = 7000 // NOTIFY takes payloads under 8,000 bytes
	retryAfter = time.Second
)

// envelope is what travels: the sender, so that a server does not hear itself, and a batch of messages.
type envelope struct {
	From string    `json:"f"`
	Msgs []Message `json:"m"`
}

// Link joins the bus of this server, known as node, with those of the other servers on the same PostgreSQL database.
// Call it once, before the first [Bus.Publish]; then run both returned functions until ctx ends.
func (b *Bus) Link(pool *pgxpool.Pool, node string, log *slog.Logger) (send, receive func(context.Context)) {
	b.out = make(chan Message, queueSize)
	send = func(ctx context.Context) { b.send(ctx, pool, node, log) }
	receive = func(ctx context.Context) {
		for ctx.Err() == nil {
			if err := b.receive(ctx, pool, node); err != nil && ctx.Err() == nil {
				log.Warn("the bus has lost its connection and tries again", slog.Any(logfield.Error, err))
				wait(ctx, retryAfter)
			}
		}
	}
	return send, receive
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (b *Bus) send(ctx context.Context, pool *pgxpool.Pool, node string, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-b.out:
			payload, err := json.Marshal(envelope{From: node, Msgs: b.gather(m)})
			if err == nil {
				_, err = pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, string(payload))
			}
			if err != nil && ctx.Err() == nil {
				log.Warn("a wake-up did not reach the other servers", slog.Any(logfield.Error, err))
			}
		}
	}
}

// gather takes what waits behind the first message, as far as one notification carries it.
func (b *Bus) gather(first Message) []Message {
	batch, size := []Message{first}, weight(first)
	for size < batchBytes-weight(Message{Topic: first.Topic})-MaxBody*2 {
		select {
		case m := <-b.out:
			batch, size = append(batch, m), size+weight(m)
		default:
			return batch
		}
	}
	return batch
}

// weight is an upper bound of a message's size as JSON.
func weight(m Message) int { return len(m.Topic) + 6*len(m.Body) + 24 }

func (b *Bus) receive(ctx context.Context, pool *pgxpool.Pool, node string) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := c.Hijack() // it listens for its whole life; the pool must not hand it on
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var e envelope
		if err := json.Unmarshal([]byte(n.Payload), &e); err != nil {
			return errors.New("a notification on the bus's channel is not the bus's")
		}
		if e.From == node {
			continue
		}
		for _, m := range e.Msgs {
			b.Local(m)
		}
	}
}
