package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Batch is what a request became.
type Batch struct {
	ID            string
	Kind          platform.Command
	RequesterKind scope.Kind
	Requester     string
	Total         int       // devices that it is for
	Written       int       // those whose turn has come
	Left          int       // those among them that were left out
	LeftOut       []LeftOut // the first hundred of them
	Created       time.Time
	Changed       time.Time

	// The rest is only in the answer to a request.
	Approval string // where it waits for others, or ""
	Needed   int    // approvers still needed
	Commands []Command
}

// LeftOut is a device that could not take the command any more when its turn came.
type LeftOut struct {
	Device string `json:"device"`
	Words  string `json:"words"` // why
}

// Complete tells whether the turn of every device has come.
func (b Batch) Complete() bool { return b.Written == b.Total }

const (
	// pieceSize is how many commands are written in one transaction, which takes some 25 ms: so long others wait.
	pieceSize = 250
	// maxLeftOut bounds the devices that are named as left out.
	maxLeftOut = 100
	// abandoned is how long a batch stands still before another than its requester carries it on.
	abandoned = 5 * time.Second
)

// digest tells requests apart.
func (r Request) digest() []byte {
	h := sha256.New()
	for _, s := range slices.Concat([]string{string(r.Kind)}, r.Devices) {
		h.Write([]byte(s + "\x00"))
	}
	return h.Sum(nil)
}

const selectBatch = `SELECT b.id, b.kind, b.requester_kind, b.requester, b.total, b.written, b.left_out, b.left_words, b.created, b.changed,
	b.digest, b.reason, b.payload FROM command_batch b`

// kept is a batch with what is needed to carry it on.
type kept struct {
	Batch
	digest, reason, payload []byte
}

func scanBatch(r sqldb.Row) (k kept, err error) {
	var kind, by, words string
	var created, changed int64
	if err = r.Scan(&k.ID, &kind, &by, &k.Requester, &k.Total, &k.Written, &k.Left, &words, &created, &changed,
		&k.digest, &k.reason, &k.payload); err != nil {
		return k, err
	}
	k.Kind, k.RequesterKind, k.Created, k.Changed = platform.Command(kind), scope.Kind(by), sqldb.Time(created), sqldb.Time(changed)
	return k, json.Unmarshal([]byte(words), &k.LeftOut)
}

// insertBatch writes the batch, and the pieces that are still to be written.
func (cs *Commands) insertBatch(ctx context.Context, tx *sqldb.Tx, b *Batch, r Request) error {
	var reason, payload seal.Sealed
	var err error
	if !b.Complete() {
		if reason, err = cs.keys.Seal(ctx, tx, batchField("reason", b.ID), seal.Zone, []byte(r.Reason)); err != nil {
			return err
		}
		if payload, err = cs.keys.Seal(ctx, tx, batchField("payload", b.ID), seal.Zone, []byte(r.Text)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO command_batch (id, kind, requester_kind, requester, request_key, digest, total, written, left_out,
		left_words, reason, payload, created, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '[]', $9, $10, $11, $12)`,
		b.ID, string(b.Kind), string(b.RequesterKind), b.Requester, r.Key, r.digest(), b.Total, b.Written, []byte(reason), []byte(payload),
		sqldb.Micros(b.Created), sqldb.Micros(b.Changed))
	if errors.Is(err, sqldb.ErrConflict) {
		return errKey
	}
	if err != nil {
		return err
	}
	number := 0
	for part := range slices.Chunk(r.Devices[b.Written:], pieceSize) {
		devices, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO command_piece (batch, number, devices) VALUES ($1, $2, $3)", b.ID, number, string(devices)); err != nil {
			return err
		}
		number++
	}
	return nil
}

func batchField(column, id string) seal.Field {
	return seal.Field{Table: "command_batch", Column: column, Row: id}
}

var errKey = problem.New(problem.Conflict, "command.key",
	"This idempotency key was used for another request: use a new one.").WithField("key")

// again finds what an earlier request with the same key has become; a batch without an id where there was none.
func (cs *Commands) again(ctx context.Context, q sqldb.Querier, c scope.Caller, r Request) (Batch, error) {
	k, err := sqldb.One(ctx, q, scanBatch, selectBatch+" WHERE b.requester = $1 AND b.request_key = $2", c.ID, r.Key)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Batch{}, nil
	}
	if err != nil {
		return Batch{}, err
	}
	if !slices.Equal(k.digest, r.digest()) {
		return Batch{}, errKey
	}
	b := k.Batch
	if b.Commands, err = sqldb.All(ctx, q, scanCommand, selectCommand+" WHERE c.batch = $1 ORDER BY c.id", b.ID); err != nil {
		return Batch{}, err
	}
	if len(b.Commands) > 0 && b.Commands[0].State == Awaiting {
		b.Approval = b.Commands[0].Approval
	}
	return b, nil
}

// carry writes what is left of a batch, for the one who asked for it.
func (cs *Commands) carry(ctx context.Context, c scope.Caller, id string) error {
	for {
		if more, err := cs.piece(ctx, c, id); err != nil || !more {
			return err
		}
	}
}

// piece writes the next piece of a batch and tells whether there was one.
func (cs *Commands) piece(ctx context.Context, c scope.Caller, id string) (more bool, err error) {
	err = cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		more = false
		// Who carries the same batch on at the same moment waits here, and is handed the next piece.
		if _, err := tx.Exec(ctx, "UPDATE command_batch SET changed = changed WHERE id = $1", id); err != nil {
			return err
		}
		number, devices, err := nextPiece(ctx, tx, id)
		if err != nil || len(devices) == 0 {
			return err
		}
		more = true
		k, err := sqldb.One(ctx, tx, scanBatch, selectBatch+" WHERE b.id = $1", id)
		if err != nil {
			return err
		}
		if err := cs.writePiece(ctx, tx, c, &k, devices); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM command_piece WHERE batch = $1 AND number = $2", id, number); err != nil {
			return err
		}
		return cs.advance(ctx, tx, k)
	})
	return more, err
}

func nextPiece(ctx context.Context, q sqldb.Querier, batch string) (number int, devices []string, err error) {
	text, err := sqldb.One(ctx, q, func(r sqldb.Row) (text string, err error) {
		err = r.Scan(&number, &text)
		return text, err
	}, "SELECT number, devices FROM command_piece WHERE batch = $1 ORDER BY number LIMIT 1", batch)
	if errors.Is(err, sqldb.ErrNotFound) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	return number, devices, json.Unmarshal([]byte(text), &devices)
}

// writePiece writes the commands of some devices. Whether they may be asked was settled when the batch began; who cannot
// take the command any more is left out.
func (cs *Commands) writePiece(ctx context.Context, tx *sqldb.Tx, c scope.Caller, k *kept, devices []string) error {
	r, err := cs.asked(ctx, tx, k)
	if err != nil {
		return err
	}
	everywhere, err := scope.System("command").Scope(scope.DeviceRead)
	if err != nil {
		return err
	}
	list, err := cs.devices.Targets(ctx, tx, everywhere, devices)
	if err != nil {
		return err
	}
	targets := make(map[string]Target, len(list))
	for _, t := range list {
		targets[t.ID] = t
	}
	now := cs.clock.Now().Truncate(time.Microsecond)
	x := Command{
		Batch: k.ID, Kind: k.Kind, State: Queued, RequesterKind: k.RequesterKind, Requester: k.Requester, Created: now, NotBefore: now,
		Expires: now.Add(lifetime), Changed: now, Words: firstWords[Queued],
	}
	for _, id := range devices {
		why, err := cs.tryWrite(ctx, tx, c, x, r, targets[id])
		if err != nil {
			return err
		}
		k.Written++
		if why != "" {
			k.leave(id, why)
		}
	}
	k.Changed = now
	return nil
}

// asked is the request that a batch came from, as far as its further pieces need it.
func (cs *Commands) asked(ctx context.Context, tx *sqldb.Tx, k *kept) (Request, error) {
	reason, err := cs.keys.Open(ctx, tx, batchField("reason", k.ID), seal.Zone, k.reason)
	if err != nil {
		return Request{}, err
	}
	text, err := cs.keys.Open(ctx, tx, batchField("payload", k.ID), seal.Zone, k.payload)
	return Request{Kind: k.Kind, Reason: string(reason), Text: string(text)}, err
}

// tryWrite writes the command of one device, or tells why it cannot take it any more.
func (cs *Commands) tryWrite(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Command, r Request, t Target) (why string, err error) {
	if t.ID == "" {
		return "It is not there any more.", nil
	}
	ways, err := waysTo(r.Kind, []Target{t})
	if err == nil {
		_, err = cs.write(ctx, tx, c, x, r, t, ways[0])
	}
	switch {
	case problem.Is(err, problem.Conflict):
		return problem.From(err).Message, nil
	case errors.Is(err, seal.ErrErased):
		return "Its user was erased.", nil
	}
	return "", err
}

func (b *Batch) leave(device, why string) {
	b.Left++
	if len(b.LeftOut) < maxLeftOut {
		b.LeftOut = append(b.LeftOut, LeftOut{device, why})
	}
}

// advance writes how far a batch has come. What it was asked with is forgotten at its end: the commands have it.
func (cs *Commands) advance(ctx context.Context, tx *sqldb.Tx, k kept) error {
	words, err := json.Marshal(k.LeftOut)
	if err != nil {
		return err
	}
	if k.Complete() {
		k.reason, k.payload = nil, nil
	}
	_, err = tx.Exec(ctx, `UPDATE command_batch SET written = $1, left_out = $2, left_words = $3, changed = $4, reason = $5, payload = $6
		WHERE id = $7`, k.Written, k.Left, string(words), sqldb.Micros(k.Changed), k.reason, k.payload, k.ID)
	return err
}

// abandonedBatches is the condition under which a batch is one that nobody carries on.
const abandonedBatches = `SELECT DISTINCT b.id FROM command_piece p JOIN command_batch b ON b.id = p.batch WHERE b.changed <= $1`

// carryAbandoned goes on with what a server that died, or a client that went away, has left.
func (cs *Commands) carryAbandoned(ctx context.Context) error {
	ids, err := sqldb.All(ctx, cs.db, sqldb.Scan1[string], abandonedBatches+" ORDER BY b.id LIMIT 10",
		sqldb.Micros(cs.clock.Now().Add(-abandoned)))
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		k, err := sqldb.One(ctx, cs.db, scanBatch, selectBatch+" WHERE b.id = $1", id)
		if err == nil {
			err = cs.carry(ctx, scope.Caller{Kind: k.RequesterKind, ID: k.Requester}, id)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("carry batch %s on: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// Batches returns what was asked of more than one device at once, newest first, and the cursor of the next page: one's own
// requests, and everybody's for who may see the commands of the whole zone.
func (cs *Commands) Batches(ctx context.Context, c scope.Caller, limit int, after string) (list []Batch, next string, err error) {
	sc, err := c.Scope(scope.CommandRead)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d batches.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := "b.total > 1"
	if !sc.All() {
		where += " AND b.requester = " + a.Add(c.ID)
	}
	if after != "" { // ids are made in the order of time
		where += " AND b.id < " + a.Add(after)
	}
	rows, err := sqldb.All(ctx, cs.db, scanBatch, selectBatch+" WHERE "+where+" ORDER BY b.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err == nil && len(rows) > limit {
		rows, next = rows[:limit], rows[limit-1].ID
	}
	for _, k := range rows {
		list = append(list, k.Batch)
	}
	return list, next, err
}
