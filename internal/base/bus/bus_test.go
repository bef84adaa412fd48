package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

func TestAMessageReachesItsTopicOnly(t *testing.T) {
	b := New()
	var got []string
	cancel := b.Subscribe("device:1", func(m Message) { got = append(got, "one "+m.Body) })
	defer b.Subscribe("device:2", func(m Message) { got = append(got, "two "+m.Body) })()
	b.Publish(Message{Topic: "device:1", Body: "a"})
	cancel()
	b.Publish(Message{Topic: "device:1", Body: "b"})
	b.Publish(Message{Topic: "device:2", Body: "c"})
	if fmt.Sprint(got) != "[one a two c]" {
		t.Fatalf("got %v", got)
	}
	if len(b.subs) != 1 {
		t.Fatalf("%d topics are still held", len(b.subs))
	}
}

// TestTwoServersHearEachOther sends through a real PostgreSQL in batches and sees each message once, on the other side.
func TestTwoServersHearEachOther(t *testing.T) {
	url := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	node := func(name string) *Bus {
		b := New()
		send, receive := b.Link(sqldbtest.Open(t, url).Pool(), name, slog.New(slog.DiscardHandler))
		wg.Go(func() { send(ctx) })
		wg.Go(func() { receive(ctx) })
		return b
	}
	a, b := node("a"), node("b")
	defer wg.Wait()
	defer stop()

	const n = 500
	heard := make(chan string, 10*n)
	defer b.Subscribe("device:1", func(m Message) { heard <- m.Body })()
	await(t, heard, func() { a.Publish(Message{Topic: "device:1", Body: "ready"}) })
	own := 0
	defer a.Subscribe("device:1", func(Message) { own++ })()
	for i := range n {
		a.Publish(Message{Topic: "device:1", Body: fmt.Sprint(i)})
	}
	seen := map[string]int{}
	deadline := time.After(20 * time.Second)
	for len(seen) < n {
		select {
		case s := <-heard:
			if s != "ready" {
				seen[s]++
			}
		case <-deadline:
			t.Fatalf("heard %d of %d", len(seen), n)
		}
	}
	for s, k := range seen {
		if k != 1 {
			t.Fatalf("message %s came %d times", s, k)
		}
	}
	if own != n {
		t.Fatalf("the sender heard itself %d times, want %d", own, n)
	}
}

// await repeats say until something is heard: the other side may not listen yet.
func await(t *testing.T, heard <-chan string, say func()) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		say()
		select {
		case <-heard:
			return
		case <-tick.C:
		case <-deadline:
			t.Fatal("the other server never heard a word")
		}
	}
}
