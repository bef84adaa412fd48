package adminapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/base/logfile"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/logbook"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

func (a *API) addLogs() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "logs", summary: summary, who: gate.Admin(right)}
	}
	server := op("listServerLog", http.MethodGet, "/log/server", "Read the log of the server that answers, newest first", scope.LogServerRead)
	server.words = "What leads to a person is left out: addresses of clients, and the ids of devices, commands and those who acted."
	add(a, server, a.listServerLog)
	add(a, exports(op("exportServerLog", http.MethodGet, "/log/server.jsonl", "Export the log of the server that answers, one JSON object a line",
		scope.LogServerRead)), a.exportServerLog)
	sync := op("listSyncLog", http.MethodGet, "/log/sync", "Read what devices have synchronised, newest first", scope.LogSyncRead)
	sync.words = "Only where the zone keeps it. Never what was in it."
	add(a, sync, a.listSyncLog)
	add(a, exports(op("exportSyncLog", http.MethodGet, "/log/sync.jsonl", "Export what devices have synchronised, one JSON object a line",
		scope.LogSyncRead)), a.exportSyncLog)
	add(a, op("getSyncKeeping", http.MethodGet, "/log/sync/keeping", "Tell for how long synchronisations are kept", scope.LogSyncRead), a.getSyncKeeping)
	add(a, op("setSyncKeeping", http.MethodPut, "/log/sync/keeping", "Change for how long synchronisations are kept", scope.PrivacyEdit), a.setSyncKeeping)
}

// jsonLines is the media type of one JSON object a line.
const jsonLines = "application/jsonl"

func exports(o operation) operation {
	o.csv, o.time = jsonLines, gate.Held
	return o
}

// ServerLogFilter narrows the server's log.
type ServerLogFilter struct {
	Level  string    `query:"level" enum:"debug,info,warn,error" default:"info" doc:"The least important level."`
	Search string    `query:"search" maxLength:"200" doc:"In the message and the fields."`
	From   time.Time `query:"from"`
	Until  time.Time `query:"until"`
}

func (f ServerLogFilter) core() (out logbook.ServerFilter) {
	_ = out.Level.UnmarshalText([]byte(f.Level)) // an enumeration
	out.Search, out.From, out.Until = f.Search, f.From, f.Until
	return out
}

// serverLog reads a page. The cursor is the time before which the next one begins.
func (a *API) serverLog(ctx context.Context, f ServerLogFilter, limit int, cursor string) (adminv1.Page[adminv1.LogLine], error) {
	filter := f.core()
	if cursor != "" {
		before, err := time.Parse(time.RFC3339Nano, cursor)
		if err != nil {
			return adminv1.Page[adminv1.LogLine]{}, problem.New(problem.Invalid, "page.cursor", "This is no cursor: start again from the first page.").WithField("cursor")
		}
		filter.Until = before
	}
	list, more, err := a.Logbook.Server(caller(ctx), filter, limit)
	next := ""
	if more {
		next = list[len(list)-1].At.UTC().Format(time.RFC3339Nano)
	}
	return uncounted(list, next, wireLine), err
}

func wireLine(l logfile.Line) adminv1.LogLine {
	return adminv1.LogLine{At: stamp(l.At), Level: levelName(l.Level), Message: l.Message, Fields: l.Fields}
}

func levelName(l slog.Level) string {
	for _, known := range []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo} {
		if l >= known {
			return strings.ToLower(known.String())
		}
	}
	return "debug"
}

func (a *API) listServerLog(ctx context.Context, in *struct {
	Paged
	ServerLogFilter
},
) (*answer[adminv1.Page[adminv1.LogLine]], error) {
	return reply(a.serverLog(ctx, in.ServerLogFilter, in.Limit, in.Cursor))
}

// exportPage is how many lines are read at once for an export.
const exportPage = 500

func (a *API) exportServerLog(ctx context.Context, in *struct{ ServerLogFilter }) (*huma.StreamResponse, error) {
	return export(ctx, a.Log, "server-log", func(cursor string) (adminv1.Page[adminv1.LogLine], error) {
		return a.serverLog(ctx, in.ServerLogFilter, exportPage, cursor)
	})
}

// SyncLogFilter narrows the log of synchronisations.
type SyncLogFilter struct {
	Device  string    `query:"device" maxLength:"64"`
	User    string    `query:"user" maxLength:"64"`
	Channel string    `query:"channel" enum:"activesync,companion"`
	Command string    `query:"command" maxLength:"64"`
	Outcome string    `query:"outcome" enum:"ok,refused,failed"`
	From    time.Time `query:"from"`
	Until   time.Time `query:"until"`
}

func (a *API) syncLog(ctx context.Context, f SyncLogFilter, limit int, cursor string) (adminv1.Page[adminv1.SyncRecord], error) {
	list, next, err := a.Logbook.Syncs(ctx, caller(ctx), logbook.SyncFilter{
		Device: f.Device, Owner: f.User, Channel: logbook.Channel(f.Channel), Command: f.Command, Outcome: logbook.Outcome(f.Outcome),
		From: f.From, Until: f.Until,
	}, limit, cursor)
	if err != nil {
		return adminv1.Page[adminv1.SyncRecord]{}, err
	}
	devices, err := a.devices(ctx, each(list, func(x logbook.Sync) string { return x.Device })...)
	if err != nil {
		return adminv1.Page[adminv1.SyncRecord]{}, err
	}
	users, err := a.users(ctx, each(list, func(x logbook.Sync) string { return x.Owner })...)
	return uncounted(list, next, func(x logbook.Sync) adminv1.SyncRecord {
		return adminv1.SyncRecord{
			ID: x.ID, At: stamp(x.At), Device: devices.ref(x.Device), User: users.ref(x.Owner), Channel: string(x.Channel), Command: x.Command,
			Outcome: string(x.Outcome), Reason: x.Reason, Status: x.Status, Duration: x.Duration.Seconds(), Received: x.Received, Sent: x.Sent,
		}
	}), err
}

func (a *API) listSyncLog(ctx context.Context, in *struct {
	Paged
	SyncLogFilter
},
) (*answer[adminv1.Page[adminv1.SyncRecord]], error) {
	return reply(a.syncLog(ctx, in.SyncLogFilter, in.Limit, in.Cursor))
}

func (a *API) exportSyncLog(ctx context.Context, in *struct{ SyncLogFilter }) (*huma.StreamResponse, error) {
	return export(ctx, a.Log, "sync-log", func(cursor string) (adminv1.Page[adminv1.SyncRecord], error) {
		return a.syncLog(ctx, in.SyncLogFilter, exportPage, cursor)
	})
}

// export writes page after page, one object a line. The first page is read before the answer begins, so that a refusal
// is one.
func export[T any](ctx context.Context, log *slog.Logger, name string, read func(cursor string) (adminv1.Page[T], error)) (*huma.StreamResponse, error) {
	from, err := page.Begin(func(after string) ([]T, string, error) {
		p, err := read(after)
		return p.Items, p.Next, err
	})
	if err != nil {
		return nil, err
	}
	return openapi.Stream(ctx, log, jsonLines, name+".jsonl", func(w io.Writer) error {
		out := json.NewEncoder(w)
		return page.Walk(from, func(x T) error { return out.Encode(x) })
	}), nil
}

func (a *API) getSyncKeeping(ctx context.Context, _ *none) (*tagged[adminv1.SyncKeeping], error) {
	days, version, err := a.Logbook.Days(ctx, caller(ctx))
	return tag(version, adminv1.SyncKeeping{Days: days}, err)
}

func (a *API) setSyncKeeping(ctx context.Context, in *struct {
	Seen
	Body adminv1.SyncKeeping
},
) (*tagged[adminv1.SyncKeeping], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := a.Logbook.Keep(ctx, caller(ctx), in.Body.Days, version); err != nil {
		return nil, err
	}
	return a.getSyncKeeping(ctx, nil)
}
