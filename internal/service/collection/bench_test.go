package collection_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
)

// report is one of about 2 KB.
func report() agentv1.Events {
	in := agentv1.Events{ID: rand.Text()}
	for range 8 {
		in.Events = append(in.Events, agentv1.Event{
			ID: rand.Text(), At: time.Now().Format(time.RFC3339), Kind: agentv1.EventMessage, Level: "info", Words: strings.Repeat("a report. ", 12),
		})
	}
	return in
}

// BenchmarkDurableReport is a report of 2 KB, signed with P-256, over TLS that is kept alive: taken by a whole server on SQLite,
// which answers once it is on the disk, and, as plain, by a handler that reads it and answers. 64 send at once on two cores; the time of
// the senders counts in both.
func BenchmarkDurableReport(b *testing.B) {
	b.Run("plain", func(b *testing.B) {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var in agentv1.Events
			raw, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(raw, &in)
			}
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
			}
			_ = json.NewEncoder(w).Encode(agentv1.Taken{Count: len(in.Events)})
		}))
		defer s.Close()
		client := s.Client()
		client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
		b.SetParallelism(32)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				raw, err := json.Marshal(report())
				if err != nil {
					b.Error(err)
					return
				}
				res, err := client.Post(s.URL, "application/json", bytes.NewReader(raw))
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	})
	b.Run("durable", func(b *testing.B) {
		clients := computers(b, 30)
		var turn atomic.Int64
		b.SetParallelism(32)
		b.ResetTimer()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				_, err := clients[turn.Add(1)%int64(len(clients))].Do(b.Context(), talk.Request{
					Service: agentv1.ServiceCollection, Method: http.MethodPost, Path: agentv1.PathEvents, Body: report(),
				}, nil)
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// computers registers so many with one server: each may send 1,200 requests within ten minutes.
func computers(b *testing.B, n int) (clients []*talk.Client) {
	b.Helper()
	w := newWorld(b, sqldb.SQLite)
	for range n {
		w.dir = b.TempDir()
		w.machine.Put("/etc/machine-id", sqldb.NewID()+"\n")
		w.register(b)
		c, err := agent.Client(w.store(b), w.id, clock.System{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(c.Close)
		clients = append(clients, c)
	}
	return clients
}
