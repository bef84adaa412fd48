package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type uploadCommands struct {
	List  uploadList  `cmd:"" help:"List the files that computers send, newest first."`
	Retry uploadRetry `cmd:"" help:"Try again to import a file that was set aside."`
	Drop  uploadDrop  `cmd:"" help:"Delete a file that was set aside."`
}

type uploadList struct {
	remote
	Device string `help:"Of one device, by id or name."`
	State  string `enum:",receiving,waiting,imported,aside" default:"" help:"receiving, waiting, imported, or aside: it cannot be imported."`
	Limit  int    `help:"At most so many." default:"50"`
}

// Run lists files.
func (u *uploadList) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	id, err := s.deviceOrNone(ctx, u.Device)
	if err != nil {
		return err
	}
	return listing[adminv1.Upload]{
		path: "/collection/uploads", query: query("device", id, "state", u.State), limit: u.Limit,
		empty: "There is no such file.", heads: []string{"ID", "DEVICE", "KIND", "STATE", "BYTES", "BEGUN", "WHY"},
		row: func(x adminv1.Upload) []string {
			return []string{x.ID, x.Device.Name, x.Kind, x.State, count(int(x.Size)), moment(x.Begun), x.Reason}
		},
	}.print(ctx, s)
}

// deviceOrNone returns the id of a device that may be left out.
func (s *session) deviceOrNone(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	d, err := s.device(ctx, name)
	return d.ID, err
}

type oneUpload struct {
	remote
	Upload string `arg:"" help:"The file, by the id that drover upload list prints."`
}

type uploadRetry struct{ oneUpload }

// Run has a file tried again.
func (u *uploadRetry) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, post, client.Path("collection", "uploads", u.Upload, "retry"), nil, "it is tried again")
}

type uploadDrop struct{ oneUpload }

// Run deletes a file.
func (u *uploadDrop) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("collection", "uploads", u.Upload), nil, "deleted")
}

type eventList struct {
	remote
	Device string `arg:"" optional:"" help:"Of one device, by id or name."`
	Level  string `enum:"info,warn,error" default:"info" help:"The least grave level: info, warn or error."`
	Limit  int    `help:"At most so many." default:"50"`
}

// Run lists what agents say of themselves.
func (e *eventList) Run(ctx context.Context, c *console) error {
	s, err := e.connect(c)
	if err != nil {
		return err
	}
	id, err := s.deviceOrNone(ctx, e.Device)
	if err != nil {
		return err
	}
	return listing[adminv1.AgentEvent]{
		path: "/collection/events", query: query("device", id, "level", e.Level), limit: e.Limit,
		empty: "No agent has said anything.", heads: []string{"WHEN", "DEVICE", "LEVEL", "WHAT"},
		row: func(x adminv1.AgentEvent) []string { return []string{moment(x.At), x.Device.Name, x.Level, x.Words} },
	}.print(ctx, s)
}
