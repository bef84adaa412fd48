package server

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfile"
	"drover/internal/base/syslog"
)

// logs are the places that the server's own log goes to. They work without the database.
type logs struct {
	file   *logfile.File
	remote *syslog.Queue // nil where no syslog server is named

	mu   sync.Mutex
	bus  *bus.Bus // nil until there is one
	told bool     // it is about to be told that there are new lines
}

// openLog opens the server's own log: lines of JSON in DIR/log/drover.log, which only its owner reads, and on a syslog
// server where one is named; what matters is repeated on standard error.
func openLog(cfg Config) (*slog.Logger, *logs, error) {
	file, err := logfile.Open(filepath.Join(cfg.Data, "log", "drover.log"))
	if err != nil {
		return nil, nil, err
	}
	l := &logs{file: file}
	opts := &slog.HandlerOptions{Level: cfg.Level()}
	handlers := []slog.Handler{
		slog.NewJSONHandler(l, opts), slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: max(cfg.Level(), slog.LevelWarn)}),
	}
	if cfg.LogSyslog != "" {
		to, err := syslog.Parse(cfg.LogSyslog, cfg.SyslogCA)
		if err != nil {
			return nil, nil, err
		}
		l.remote = syslog.NewQueue(syslog.New(to, syslog.Daemon, "drover"))
		handlers = append(handlers, newSyslogHandler(l.remote, opts))
	}
	return slog.New(slog.NewMultiHandler(handlers...)), l, nil
}

// Write writes one line to the file, and tells those who watch.
func (l *logs) Write(p []byte) (int, error) {
	n, err := l.file.Write(p)
	if !bytes.Contains(p, []byte(reading)) {
		l.tell()
	}
	return n, err
}

// reading is in the line that every reading of this log makes, and of which those who watch are not told: each would make
// them read again.
const reading = `"/api/v1/log/server`

// tellAfter gathers new lines for those who watch.
const tellAfter = time.Second

func (l *logs) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bus == nil || l.told {
		return
	}
	l.told = true
	time.AfterFunc(tellAfter, func() {
		l.mu.Lock()
		l.told = false
		to := l.bus
		l.mu.Unlock()
		to.Local(bus.Message{Topic: "event", Body: "log"}) // the log is this server's own
	})
}

// watch has new lines told by the bus.
func (l *logs) watch(b *bus.Bus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bus = b
}

func (l *logs) close() { _ = l.file.Close() }

// run sends lines to the syslog server until ctx ends; l may be nil.
func (l *logs) run(ctx context.Context) {
	if l != nil && l.remote != nil {
		l.remote.Run(ctx)
	}
}

// syslogHandler hands lines to the queue of a syslog server, as JSON.
type syslogHandler struct {
	slog.Handler
	text *strings.Builder
	mu   *sync.Mutex
	to   *syslog.Queue
}

func newSyslogHandler(to *syslog.Queue, opts *slog.HandlerOptions) syslogHandler {
	text := &strings.Builder{}
	return syslogHandler{slog.NewJSONHandler(text, opts), text, &sync.Mutex{}, to}
}

// Handle hands over one line.
func (h syslogHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Reset()
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	h.to.Put(r.Time, severity(r.Level), strings.TrimSpace(h.text.String()))
	return nil
}

// WithAttrs and WithGroup keep the queue.
func (h syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup keeps the queue.
func (h syslogHandler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

func severity(l slog.Level) syslog.Severity {
	switch {
	case l >= slog.LevelError:
		return syslog.Error
	case l >= slog.LevelWarn:
		return syslog.Warning
	case l >= slog.LevelInfo:
		return syslog.Info
	}
	return syslog.Debug
}
