package talk

import (
	"context"
	"crypto/fips140"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"drover/api/agentv1"
)

const (
	maxHint = 1 << 10
	// silence is how long a held connection may say nothing before the agent asks whether it is still there: less than the
	// minutes after which routers forget a connection.
	silence = 4 * time.Minute
)

// ErrDrained is returned when the server asked the agent to hold its connection elsewhere.
var ErrDrained = errors.New("the server is about to stop")

// Wait holds a connection for hints and hands each to hear, until the connection or ctx ends.
func (c *Client) Wait(ctx context.Context, hear func(agentv1.Hint)) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxHint)
	alive, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() { end(beat(alive, conn)) }()
	for {
		_, raw, err := conn.Read(alive)
		if err != nil {
			return err
		}
		var h agentv1.Hint
		if json.Unmarshal(raw, &h) != nil { // a newer server's: worth asking, nothing more
			h = agentv1.Hint{Hint: agentv1.HintCheck}
		}
		hear(h)
		if h.Hint == agentv1.HintDrain {
			return ErrDrained
		}
	}
}

// beat asks now and then whether the other end is still there.
func beat(ctx context.Context, conn *websocket.Conn) error {
	tick := time.NewTicker(silence)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		ping, done := context.WithTimeout(ctx, patience)
		err := conn.Ping(ping)
		done()
		if err != nil {
			return err
		}
	}
}

func (c *Client) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+agentv1.PathWait, nil)
	if err != nil {
		return nil, err
	}
	if err := c.sign(r, agentv1.ServiceStatus); err != nil {
		return nil, err
	}
	var conn *websocket.Conn
	var res *http.Response
	fips140.WithoutEnforcement(func() { // RFC 6455 section 4.2.2 wants SHA-1, which proves nothing here
		conn, res, err = websocket.Dial(ctx, r.URL.String(), &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: r.Header})
	})
	if err == nil {
		c.learn()
		return conn, nil
	}
	if res == nil || res.StatusCode == http.StatusSwitchingProtocols {
		return nil, err
	}
	raw, bad := read(res)
	if bad != nil {
		return nil, bad
	}
	refused := refusal(res, raw)
	if IsRefused(refused, "signature.clock") {
		c.learnClock(res)
	}
	return nil, refused
}
