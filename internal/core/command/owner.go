package command

import (
	"context"
	"errors"

	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// ofAtOnce is how many commands [Commands.Of] returns at once.
const ofAtOnce = 100

// Of returns what was ordered from the devices of the user who calls, newest first, each with its reason, its text and its
// steps, and the cursor of the next page.
func (cs *Commands) Of(ctx context.Context, c scope.Caller, after string) (list []Command, next string, err error) {
	owner, err := c.Self()
	if err != nil {
		return nil, "", err
	}
	var a sqldb.Args
	where := " WHERE c.owner = " + a.Add(owner)
	if after != "" { // ids are made in the order of time
		where += " AND c.id < " + a.Add(after)
	}
	list, err = sqldb.All(ctx, cs.db, scanCommand, selectCommand+where+" ORDER BY c.id DESC LIMIT "+a.Add(ofAtOnce+1), a.List()...)
	if err != nil {
		return nil, "", err
	}
	if len(list) > ofAtOnce {
		list, next = list[:ofAtOnce], list[ofAtOnce-1].ID
	}
	for i := range list {
		if err := cs.unseal(ctx, &list[i]); err != nil {
			return nil, "", err
		}
	}
	return list, next, cs.steps(ctx, list)
}

// unseal fills in what of a command is sealed; what its owner's lost key has sealed stays empty.
func (cs *Commands) unseal(ctx context.Context, x *Command) error {
	for _, s := range []struct {
		field seal.Field
		from  []byte
		to    *string
	}{
		{reasonField(x.ID), x.reason, &x.Reason},
		{payloadField(x.ID), x.payload, &x.Text},
	} {
		if len(s.from) == 0 {
			continue
		}
		plain, err := cs.keys.Open(ctx, cs.db, s.field, seal.User(x.Owner), s.from)
		if err != nil && !errors.Is(err, seal.ErrErased) {
			return err
		}
		*s.to = string(plain)
	}
	return nil
}

// steps fills in the steps of all commands in one statement.
func (cs *Commands) steps(ctx context.Context, list []Command) error {
	if len(list) == 0 {
		return nil
	}
	byID, ids := map[string]*Command{}, make([]string, len(list))
	for i := range list {
		byID[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	var a sqldb.Args
	_, err := sqldb.All(ctx, cs.db, func(r sqldb.Row) (struct{}, error) {
		var id, state string
		var at int64
		var s Step
		if err := r.Scan(&id, &state, &at, &s.Words); err != nil {
			return struct{}{}, err
		}
		s.State, s.At = State(state), sqldb.Time(at)
		byID[id].Steps = append(byID[id].Steps, s)
		return struct{}{}, nil
	}, "SELECT command, state, at, words FROM command_step WHERE command IN "+a.In(ids...)+" ORDER BY command, number", a.List()...)
	return err
}
