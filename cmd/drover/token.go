package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type tokenCommands struct {
	Create tokenCreate `cmd:"" help:"Make an API token on the server's machine, and print it alone."`
	List   tokenList   `cmd:"" help:"List API tokens."`
	End    tokenEnd    `cmd:"" help:"End an API token."`
}

type tokenList struct {
	remote
	All bool `help:"Everybody's, not one's own alone."`
}

// Run lists tokens.
func (t *tokenList) Run(ctx context.Context, c *console) error {
	s, err := t.connect(c)
	if err != nil {
		return err
	}
	q := query()
	if t.All {
		q.Set("all", "true")
	}
	return listing[adminv1.Token]{
		path: "/tokens", query: q, empty: "There is no token.", heads: []string{"ID", "NAME", "ADMINISTRATOR", "STATE", "EXPIRES", "LAST USED", "RIGHTS"},
		row: func(x adminv1.Token) []string {
			return []string{x.ID, x.Name, x.Admin.Name, x.State, since(x.Expires), since(x.LastUsed), count(len(x.Rights))}
		},
	}.print(ctx, s)
}

type tokenEnd struct {
	remote
	ID string `arg:"" help:"Id of the token."`
}

// Run ends a token.
func (t *tokenEnd) Run(ctx context.Context, c *console) error {
	s, err := t.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("tokens", t.ID), nil, "the token is ended")
}
