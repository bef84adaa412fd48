package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
	"drover/internal/server"
)

// remote are the flags of every command that talks to the admin API. The token itself is no flag: what stands on a
// command line can be read by every user of the machine.
type remote struct {
	Server    string `group:"connection" default:"https://127.0.0.1:7443" env:"DROVER_URL" placeholder:"URL" help:"Address of the admin API."`
	ServerCA  string `name:"server-ca" group:"connection" env:"DROVER_CA" placeholder:"FILE" help:"PEM file of the certificate to trust, such as DIR/tls/ca.pem; the system's without it."`
	TokenFile string `group:"connection" placeholder:"FILE" help:"File with the API token, where the environment's DROVER_TOKEN does not hold it."`
	JSON      bool   `name:"json" help:"Print the API's own JSON."`
}

// session is one command's connection and the place where it prints.
type session struct {
	*client.Client
	*console
	asJSON bool
}

func (r *remote) connect(c *console) (*session, error) {
	token := os.Getenv("DROVER_TOKEN")
	if r.TokenFile != "" {
		text, err := readPassword(r.TokenFile)
		if err != nil {
			return nil, usage{err}
		}
		token = strings.TrimSpace(text)
	}
	to, err := client.New(client.Options{URL: r.Server, Token: token, CA: r.ServerCA, Agent: "drover/" + server.Version()})
	if err != nil {
		return nil, usage{err}
	}
	return &session{Client: to, console: c, asJSON: r.JSON}, nil
}

// about connects and finds what a command is about, by its id or its name.
func (r *remote) about(ctx context.Context, c *console, wanted string, by func(*session, context.Context, string) (string, error)) (*session, string, error) {
	s, err := r.connect(c)
	if err != nil {
		return nil, "", err
	}
	id, err := by(s, ctx, wanted)
	return s, id, err
}

// do sends a body and returns the answer.
func (s *session) do(ctx context.Context, method, path string, body any) (client.Response, error) {
	return s.Do(ctx, client.Request{Method: method, Path: path, Body: body})
}

// change reads what is at path, lets fn say what it is to become, and sends that with the version that was read.
func change[T any](ctx context.Context, s *session, method, path string, fn func(T) (any, error)) (client.Response, error) {
	old, res, err := client.Read[T](ctx, s.Client, path, nil)
	if err != nil {
		return res, err
	}
	body, err := fn(old)
	if err != nil {
		return res, err
	}
	return s.Do(ctx, client.Request{Method: method, Path: path, Body: body, ETag: res.ETag})
}

// show prints an answer: as the API gave it, or as render writes it for people.
func show[T any](s *session, res client.Response, render func(T) error) error {
	if s.asJSON {
		return s.json(res.Body)
	}
	v, err := client.Decode[T](res)
	if err != nil {
		return err
	}
	return render(v)
}

// display gets what is at path and shows it.
func display[T any](ctx context.Context, s *session, path string, render func(T) error) error {
	res, err := s.do(ctx, get, path, nil)
	if err != nil {
		return err
	}
	return show(s, res, render)
}

// act sends a body where the API has nothing to answer, and prints what was done.
func (s *session) act(ctx context.Context, method, path string, body any, format string, args ...any) error {
	res, err := s.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if len(res.Body) == 0 {
		return s.done(format, args...)
	}
	return show(s, res, func(w adminv1.Waiting) error {
		if w.Approval != "" {
			return s.say("It is asked for%s", waits(w))
		}
		return s.say(format, args...)
	})
}

// done prints what was done where the API has nothing to answer.
func (s *session) done(format string, args ...any) error {
	if s.asJSON {
		return s.json([]byte("{}"))
	}
	return s.say(format, args...)
}

// listing is a list to be printed.
type listing[T any] struct {
	path  string
	query url.Values
	limit int
	empty string // what is said when there is nothing
	heads []string
	row   func(T) []string
	skip  func(T) bool // what people are not shown; nil for nothing
}

func (l listing[T]) print(ctx context.Context, s *session) error {
	p, err := client.List[T](ctx, s.Client, l.path, l.query, l.limit)
	if err != nil {
		return err
	}
	if s.asJSON {
		return s.value(p)
	}
	t := table.New(l.heads...)
	for _, x := range p.Items {
		if l.skip == nil || !l.skip(x) {
			t.Row(l.row(x)...)
		}
	}
	if err := t.Write(s.out, l.empty); err != nil {
		return err
	}
	if p.Next != "" {
		fmt.Fprintf(s.err, "There are more%s; --limit shows them.\n", ofAll(p.Total, p.TotalCapped))
	}
	return nil
}

func ofAll(total *int, capped bool) string {
	switch {
	case total == nil:
		return ""
	case capped:
		return fmt.Sprintf(", over %d in all", *total)
	}
	return fmt.Sprintf(", %d in all", *total)
}

// all reads a whole list, to find something in it by its name.
func all[T any](ctx context.Context, s *session, path string) ([]T, error) {
	p, err := client.List[T](ctx, s.Client, path, nil, 0)
	return p.Items, err
}

// query puts together the parameters that have a value.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

var idPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// device finds a device by its id, its name or what it calls itself.
func (s *session) device(ctx context.Context, wanted string) (adminv1.Ref, error) {
	if idPattern.MatchString(wanted) {
		return adminv1.Ref{ID: wanted, Name: wanted}, nil
	}
	p, err := client.List[adminv1.Device](ctx, s.Client, "/devices", query("q", wanted), 500)
	if err != nil {
		return adminv1.Ref{}, err
	}
	for _, d := range p.Items {
		if strings.EqualFold(d.DeviceID, wanted) && !strings.EqualFold(d.Name, wanted) {
			return only("device", wanted, p.Items, func(d adminv1.Device) (string, string) { return d.ID, d.DeviceID })
		}
	}
	return only("device", wanted, p.Items, func(d adminv1.Device) (string, string) { return d.ID, d.Name })
}

// only is pick with the name that was given.
func only[T any](what, wanted string, list []T, id func(T) (string, string)) (adminv1.Ref, error) {
	found, err := pick(what, wanted, list, id)
	return adminv1.Ref{ID: found, Name: wanted}, err
}

// user finds a user by id or by name.
func (s *session) user(ctx context.Context, wanted string) (string, error) {
	if idPattern.MatchString(wanted) {
		return wanted, nil
	}
	p, err := client.List[adminv1.User](ctx, s.Client, "/users", query("q", wanted), 500)
	if err != nil {
		return "", err
	}
	return pick("user", wanted, p.Items, func(u adminv1.User) (string, string) { return u.ID, u.Name })
}

// named finds something by id or by name in a list that is short by nature.
func named[T any](ctx context.Context, s *session, what, path, wanted string, id func(T) (string, string)) (string, error) {
	list, err := all[T](ctx, s, path)
	if err != nil {
		return "", err
	}
	return pick(what, wanted, list, id)
}

func (s *session) group(ctx context.Context, kind, wanted string) (string, error) {
	return named(ctx, s, kind+" group", "/"+kind+"-groups", wanted, wireGroupName)
}

// groupNames are the names of all groups, of users and of devices, as far as the caller may see them: else ids stand alone.
func (s *session) groupNames(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	for _, kind := range []string{"user", "device"} {
		list, err := all[adminv1.Group](ctx, s, "/"+kind+"-groups")
		if err != nil && !client.IsRefused(err) {
			return nil, err
		}
		for _, g := range list {
			names[g.ID] = g.Name
		}
	}
	return names, nil
}

// called writes what the ids stand for; what has no name there stands as its id.
func called(names map[string]string, ids ...string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = cmp.Or(names[id], id)
	}
	return join(out)
}

func (s *session) suite(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "policy suite", "/policies", wanted, func(p adminv1.Suite) (string, string) { return p.ID, p.Name })
}

func (s *session) upstream(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "mail server", "/upstreams", wanted, func(u adminv1.Upstream) (string, string) { return u.ID, u.Name })
}

// optional is a finder for a flag that may be empty.
func optional(ctx context.Context, wanted string, find func(context.Context, string) (string, error)) (string, error) {
	if wanted == "" {
		return "", nil
	}
	return find(ctx, wanted)
}

// waits says what an act waits for, "" for nothing.
func waits(w adminv1.Waiting) string {
	if w.Approval == "" {
		return ""
	}
	return fmt.Sprintf("; it waits for the approval of %d other(s): drover approval approve %s --otp CODE", w.Needed, w.Approval)
}

// confirm asks a person who sits at the terminal; scripts have decided already.
func (s *session) confirm(question string) error {
	if !s.personal() {
		return nil
	}
	answer, err := s.ask(table.Clean(question) + " Type yes to go on: ")
	if err != nil {
		return err
	}
	if !strings.EqualFold(answer, "yes") {
		return errNotDone
	}
	return nil
}

var errNotDone = errors.New("nothing was done")

// compact writes any value of the API in one line.
func compact(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)
