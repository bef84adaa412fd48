package management

import (
	"context"
	"crypto/fips140"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/gate"
)

// maxSaid bounds what an agent may say on a held connection: it has nothing to say.
const maxSaid = 512

var errFull = problem.New(problem.Unavailable, "wait.full", "This server holds as many computers as it can: ask by the schedule.").WithRetry(time.Minute)

// wait holds a connection for hints. A second one of the same computer ends the first.
func (s *Service) wait(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if _, err := s.proof(ctx); err != nil {
		gate.WriteProblem(w, r, err)
		return
	}
	if s.held.count() >= maxHeld {
		gate.WriteProblem(w, r, errFull)
		return
	}
	var conn *websocket.Conn
	var err error
	fips140.WithoutEnforcement(func() { // RFC 6455 section 4.2.2 wants SHA-1, which proves nothing here
		conn, err = websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	})
	if err != nil { // it has been answered
		return
	}
	c := &connection{conn: conn, device: caller(ctx).ID, key: caller(ctx).Session}
	gate.Detach(ctx, func(ctx context.Context) { s.attend(ctx, c) })
}

// attend holds a connection until it ends, or says something. It only listens: there are thousands, and what each of them
// needs it needs thousands of times.
func (s *Service) attend(ctx context.Context, c *connection) {
	defer c.conn.CloseNow()
	c.ctx = ctx
	c.conn.SetReadLimit(maxSaid)
	s.held.add(c, gate.Stopping(ctx))
	defer s.held.remove(c)
	cancel := s.Bus.Subscribe(device.Topic(c.device), func(bus.Message) { s.held.wake(c) })
	defer cancel()
	_, _, _ = c.conn.Reader(ctx)
}
