package command

import (
	"context"
	"errors"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// A mail server's own wipe ends when the mail server knows that it was carried out.

// Untold returns the newest wipe that the mail server asked of the device, that the device has said to carry out by its
// own, authenticated word, and that the mail server has not been told of; nil when there is none.
func (cs *Commands) Untold(ctx context.Context, device, upstream string) (*Command, error) {
	c, err := sqldb.One(ctx, cs.db, scanCommand, selectCommand+` WHERE c.device = $1 AND c.requester_kind = $2 AND c.requester = $3
		AND c.state IN ('acknowledged', 'done') AND NOT c.unproven AND NOT c.told ORDER BY c.id DESC LIMIT 1`,
		device, string(scope.Upstream), upstream)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil, nil // nothing to tell is no error
	}
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// Told takes note that the mail server has taken the acknowledgement of its wipe. Said twice it counts once.
func (cs *Commands) Told(ctx context.Context, id string) error {
	return cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE command SET told = TRUE WHERE id = $1 AND NOT told AND state IN ('acknowledged', 'done')", id)
		if err != nil || n == 0 {
			return err
		}
		c, err := sqldb.One(ctx, tx, scanCommand, selectCommand+" WHERE c.id = $1", id)
		if err != nil {
			return err
		}
		c.Words, c.Changed = "The mail server that asked for it was told that it is carried out.", cs.clock.Now()
		if err := cs.step(ctx, tx, &c); err != nil {
			return err
		}
		return cs.record(ctx, tx, scope.System("command"), &c, "told", c.State)
	})
}
