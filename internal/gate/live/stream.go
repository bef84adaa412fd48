package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"drover/internal/gate"
)

const (
	// gather is how long changes are gathered, so that a busy fleet does not keep browsers busy.
	gather = 100 * time.Millisecond
	// heartbeat keeps proxies from taking the stream for dead.
	heartbeat = 15 * time.Second
	// streamTime ends a stream: the browser comes back by itself and proves itself anew, with the rights it has then.
	streamTime = 10 * time.Minute
)

// Stream is one browser's stream of events. All are needed.
type Stream struct {
	// Full holds one when there is something to tell.
	Full <-chan struct{}
	// Take returns the events that are to be told, as [Event] writes them; an error ends the stream.
	Take func(context.Context) (string, error)
	// MayGoOn tells whether the caller is still let in. It does not count as a use of the session.
	MayGoOn func(context.Context) bool
}

// Run writes the stream until it ends. The operation's route must be [gate.Held].
func (s Stream) Run(ctx context.Context, h huma.Context) {
	_, w := humago.Unwrap(h)
	h.SetHeader("Content-Type", "text/event-stream")
	s.run(ctx, w, http.NewResponseController(w).Flush)
}

func (s Stream) run(ctx context.Context, w io.Writer, flush func() error) {
	end := time.NewTimer(streamTime)
	defer end.Stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	write := func(text string) bool {
		_, err := io.WriteString(w, text)
		return err == nil && flush() == nil
	}
	if !write("retry: 1000\n\n: hello\n\n") {
		return
	}
	for {
		text := ": still here\n\n"
		select {
		case <-ctx.Done():
			return
		case <-gate.Stopping(ctx):
			return
		case <-end.C:
			return
		case <-beat.C:
		case <-s.Full:
			if !pause(ctx, gather) {
				return
			}
			var err error
			if text, err = s.Take(ctx); err != nil {
				return
			}
		}
		if !s.MayGoOn(ctx) || !write(text) {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Event writes one event: the kind of what has changed, and its id, "" where anything of the kind may have.
func Event(kind, id string) string {
	data := map[string]string{}
	if id != "" {
		data["id"] = id
	}
	raw, _ := json.Marshal(data) // a map of strings
	return fmt.Sprintf("event: %s\ndata: %s\n\n", kind, raw)
}
