package main

import (
	"context"
	"fmt"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
)

type tokenCommands struct {
	Create tokenCreate `cmd:"" help:"Make an API token on the server's machine, and print it alone."`
	Issue  tokenIssue  `cmd:"" help:"Make an API token of one's own through the API, and print it alone."`
	List   tokenList   `cmd:"" help:"List API tokens."`
	End    tokenEnd    `cmd:"" help:"End an API token."`
}

// tokenDraft is what a token is asked for with.
type tokenDraft struct {
	Expires days     `default:"365d" help:"How long it lives: 90d, 12h; a year at most."`
	Right   []string `help:"Right that it has, such as device.read; may be given several times. Without any it has all of the administrator's."`
}

// rights reads the rights.
func (t tokenDraft) rights() ([]scope.Right, error) {
	rights := make([]scope.Right, len(t.Right))
	for i, r := range t.Right {
		if rights[i] = scope.Right(r); !scope.Known(rights[i]) {
			return nil, unusable("there is no right %q: \"drover role rights\" lists them", r)
		}
	}
	return rights, nil
}

type tokenIssue struct {
	remote
	tokenDraft
	Name string `arg:"" help:"What the token is for."`
}

// Run makes a token of the administrator whose token asks, and prints it alone.
func (t *tokenIssue) Run(ctx context.Context, c *console) error {
	const day = 24 * time.Hour
	life := time.Duration(t.Expires)
	if life < day || life%day != 0 {
		return unusable("through the API a token lives for whole days: --expires 90d")
	}
	s, err := t.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/tokens", adminv1.TokenDraft{Name: t.Name, Rights: t.Right, Days: int(life / day)})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.NewToken) error {
		if x.State == string(admin.TokenAwaiting) {
			fmt.Fprintln(s.err, tokenWaits)
		}
		return s.say("%s", x.Secret)
	})
}

const tokenWaits = "The token has destructive rights: it works when another administrator has approved it."

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
