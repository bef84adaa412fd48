package main

import (
	"context"
	"net/url"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type deviceViews struct {
	List   viewList   `cmd:"" help:"List one's own saved views."`
	Save   viewSave   `cmd:"" help:"Save what narrows a list of devices, for oneself."`
	Remove viewRemove `cmd:"" help:"Remove a saved view."`
}

type viewList struct{ remote }

// Run lists views.
func (v *viewList) Run(ctx context.Context, c *console) error {
	s, err := v.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.View]{
		path: "/views", empty: "There is no view.", heads: []string{"ID", "NAME", "SHOWS"},
		row: func(x adminv1.View) []string { return []string{x.ID, x.Name, asQuery(x).Encode()} },
	}.print(ctx, s)
}

// asQuery is what a view asks of the list of devices.
func asQuery(v adminv1.View) url.Values {
	q := url.Values{}
	for name, value := range v.Query {
		q.Set(name, value)
	}
	return q
}

type viewSave struct {
	remote
	Name string `arg:"" help:"Name."`
	deviceFilter
}

// Run saves a view. Its columns are the dashboard's own: all of them.
func (v *viewSave) Run(ctx context.Context, c *console) error {
	s, err := v.connect(c)
	if err != nil {
		return err
	}
	q, err := v.query(ctx, s)
	if err != nil {
		return err
	}
	draft := adminv1.ViewDraft{Name: v.Name, Query: map[string]string{}, Columns: []string{}}
	for name := range q {
		draft.Query[name] = q.Get(name)
	}
	res, err := s.do(ctx, post, "/views", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.View) error { return s.say("saved view %s (%s)", x.Name, x.ID) })
}

type viewRemove struct {
	remote
	View string `arg:"" help:"View, by id or name."`
}

// Run removes a view.
func (v *viewRemove) Run(ctx context.Context, c *console) error {
	s, id, err := v.about(ctx, c, v.View, (*session).view)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("views", id), nil, "removed view %s", v.View)
}

func (s *session) view(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "view", "/views", wanted, viewName)
}

func viewName(x adminv1.View) (id, name string) { return x.ID, x.Name }
