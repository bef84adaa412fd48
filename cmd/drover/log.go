package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/internal/base/logfile"
)

type logCommands struct {
	Server logServer `cmd:"" help:"Read the log of the server that answers, newest first."`
	Sync   logSync   `cmd:"" help:"Read what devices have synchronised, newest first."`
	Keep   logKeep   `cmd:"" help:"Tell, or change, for how long synchronisations are kept."`
}

type logServer struct {
	remote
	Data   string `placeholder:"DIR" help:"Read the files in this data directory instead, on the server's machine, whether the server and its database run or not. They hold what leads to persons, too."`
	Level  string `enum:"debug,info,warn,error" default:"info" help:"The least important level."`
	Search string `help:"Only lines with this in the message or a field."`
	Since  string `help:"Not before this moment, such as 2026-03-01T00:00:00Z."`
	Until  string `help:"Before this moment."`
	Limit  int    `default:"50" help:"The most lines; 0 for all."`
	Lines  bool   `help:"One JSON object a line, page by page, so that a long log needs no memory."`
}

// Run reads the server's log.
func (l *logServer) Run(ctx context.Context, c *console) error {
	if l.Data != "" {
		return l.local(c)
	}
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	q := query("level", l.Level, "search", l.Search, "from", l.Since, "until", l.Until)
	if l.Lines {
		return s.lines(ctx, "/log/server", q)
	}
	return listing[adminv1.LogLine]{
		path: "/log/server", query: q, limit: l.Limit, empty: "The log holds no such line.",
		heads: []string{"WHEN", "LEVEL", "MESSAGE", "FIELDS"},
		row:   func(x adminv1.LogLine) []string { return []string{moment(x.At), x.Level, x.Message, fields(x.Fields)} },
	}.print(ctx, s)
}

func fields(m map[string]string) string {
	words := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		words = append(words, name+"="+m[name])
	}
	return strings.Join(words, " ")
}

// local reads the files, newest first.
func (l *logServer) local(c *console) error {
	var least slog.Level
	if err := least.UnmarshalText([]byte(l.Level)); err != nil {
		return err
	}
	n := 0
	var failed error
	err := logfile.At(filepath.Join(l.Data, "log", "drover.log")).Walk(func(x logfile.Line) bool {
		text := fmt.Sprintf("%s %s %s %s", x.At.Format("2006-01-02T15:04:05.000Z07:00"), x.Level, x.Message, fields(x.Fields))
		if x.Level < least || !strings.Contains(strings.ToLower(text), strings.ToLower(l.Search)) {
			return true
		}
		n++
		failed = c.say("%s", text)
		return failed == nil && n != l.Limit
	})
	if err != nil {
		return err
	}
	return failed
}

// lines prints a list one JSON object a line.
func (s *session) lines(ctx context.Context, path string, q url.Values) error {
	out := json.NewEncoder(s.out)
	return client.Pages(ctx, s.Client, path, q, func(p adminv1.Page[json.RawMessage]) error {
		for _, x := range p.Items {
			if err := out.Encode(x); err != nil {
				return err
			}
		}
		return nil
	})
}

type logSync struct {
	remote
	Device  string `help:"Only of this device."`
	User    string `help:"Only of this user's devices."`
	Channel string `enum:",activesync,companion" default:"" help:"Only by this way."`
	Command string `help:"Only this command, such as Sync."`
	Outcome string `enum:",ok,refused,failed" default:"" help:"Only with this outcome."`
	Since   string `help:"Not before this moment, such as 2026-03-01T00:00:00Z."`
	Until   string `help:"Before this moment."`
	Limit   int    `default:"50" help:"The most rows; 0 for all."`
	Lines   bool   `help:"One JSON object a line, page by page, so that a long log needs no memory."`
}

// Run reads the log of synchronisations.
func (l *logSync) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	device, err := optional(ctx, l.Device, func(ctx context.Context, d string) (string, error) {
		x, err := s.device(ctx, d)
		return x.ID, err
	})
	if err != nil {
		return err
	}
	user, err := optional(ctx, l.User, s.user)
	if err != nil {
		return err
	}
	q := query("device", device, "user", user, "channel", l.Channel, "command", l.Command, "outcome", l.Outcome, "from", l.Since, "until", l.Until)
	if l.Lines {
		return s.lines(ctx, "/log/sync", q)
	}
	return listing[adminv1.SyncRecord]{
		path: "/log/sync", query: q, limit: l.Limit, empty: "Nothing of this kind is kept; `drover log keep` tells for how long it would be.",
		heads: []string{"WHEN", "DEVICE", "USER", "WAY", "COMMAND", "OUTCOME", "STATUS", "SECONDS", "RECEIVED", "SENT"},
		row: func(x adminv1.SyncRecord) []string {
			return []string{
				moment(x.At), refName(x.Device), refName(x.User), x.Channel, x.Command, strings.TrimSpace(x.Outcome + " " + x.Reason),
				fmt.Sprint(x.Status), fmt.Sprintf("%.3f", x.Duration), fmt.Sprint(x.Received), fmt.Sprint(x.Sent),
			}
		},
	}.print(ctx, s)
}

func refName(r adminv1.Ref) string {
	if r.Name == "" {
		return r.ID
	}
	return r.Name
}

type logKeep struct {
	remote
	Days *int `help:"Keep synchronisations for so many days, up to 90; 0 keeps none, and deletes those that there are."`
}

// Run tells or changes it.
func (l *logKeep) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	const path = "/log/sync/keeping"
	if l.Days == nil {
		return display(ctx, s, path, s.printKeeping)
	}
	_, now, err := client.Read[adminv1.SyncKeeping](ctx, s.Client, path, nil)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: put, Path: path, Body: adminv1.SyncKeeping{Days: *l.Days}, ETag: now.ETag})
	if err != nil {
		return err
	}
	return show(s, res, s.printKeeping)
}

func (s *session) printKeeping(x adminv1.SyncKeeping) error {
	if x.Days == 0 {
		return s.say("synchronisations are not kept")
	}
	return s.say("synchronisations are kept for %d days", x.Days)
}
