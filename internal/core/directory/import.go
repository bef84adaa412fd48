package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"drover/internal/base/ldapdir"
	"drover/internal/base/lease"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
)

// The outcomes of an entry, besides those of a row of a list.
const (
	Renamed  RowOutcome = "renamed"
	Disabled RowOutcome = "disabled"
	Enabled  RowOutcome = "enabled"
	Missing  RowOutcome = "missing" // and awaited for the source's grace
)

// Counts are what an import found and did.
type Counts struct {
	People   int `json:"people"`
	Groups   int `json:"groups"`
	Created  int `json:"created"`
	Updated  int `json:"updated"`
	Renamed  int `json:"renamed"`
	Disabled int `json:"disabled"`
	Enabled  int `json:"enabled"`
	Missing  int `json:"missing"`
	Invalid  int `json:"invalid"`
}

// ProviderImport is the report on an import from a source.
type ProviderImport struct {
	Counts
	DryRun  bool
	Stopped bool        // too much has vanished: nothing was changed
	Rows    []ImportRow // what changed or could not be taken, at most 1,000
	Said    string      // the whole in a sentence
}

const (
	maxReport = 1000
	// fewKnown is up to how many known entries the share of vanished ones says nothing.
	fewKnown = 5
	leaseFor = 2 * time.Minute
)

func (r *ProviderImport) add(row ImportRow) {
	switch row.Outcome {
	case Created:
		r.Created++
	case Updated:
		r.Updated++
	case Renamed:
		r.Renamed++
	case Disabled:
		r.Disabled++
	case Enabled:
		r.Enabled++
	case Missing:
		r.Missing++
	case Invalid:
		r.Invalid++
	case Unchanged:
		return
	}
	if len(r.Rows) < maxReport {
		r.Rows = append(r.Rows, row)
	}
}

func (r *ProviderImport) sentence() string {
	parts := []string{fmt.Sprintf("%d people and %d groups", r.People, r.Groups)}
	for _, x := range []struct {
		n    int
		word string
	}{
		{r.Created, "added"},
		{r.Updated, "changed"},
		{r.Renamed, "renamed"},
		{r.Enabled, "enabled"},
		{r.Disabled, "disabled"},
		{r.Missing, "missing and awaited"},
		{r.Invalid, "not taken"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.word))
		}
	}
	return strings.Join(parts, ", ") + "."
}

// known is a user whom an earlier import has linked to an entry.
type known struct {
	entry, user, name string
	fingerprint       []byte
	withheld          bool
	disabled          bool
	missing           int
	since             time.Time
}

func scanKnown(r sqldb.Row) (k known, err error) {
	var since int64
	err = r.Scan(&k.entry, &k.user, &k.fingerprint, &k.withheld, &k.missing, &since, &k.name, &k.disabled)
	k.since = sqldb.Time(since)
	return k, err
}

func (s *Providers) known(ctx context.Context, q sqldb.Querier, source string) (map[string]known, error) {
	list, err := sqldb.All(ctx, q, scanKnown, `SELECT l.entry, l.end_user, l.fingerprint, l.withheld, l.missing, l.missing_since, u.name,
		u.disabled FROM directory_link l JOIN end_user u ON u.id = l.end_user WHERE l.source = $1`, source)
	out := make(map[string]known, len(list))
	for _, k := range list {
		out[k.entry] = k
	}
	return out, err
}

// Import takes over what a directory holds now: users and groups are added, changed, and known again by their unique ids when
// they are renamed. Entries that are missing are awaited, then disabled, never erased. A dry run reports the same and changes
// nothing. When more of the known entries are missing than the source's share, nothing is changed and the owners are told. It
// is for one server at a time; a problem of kind Conflict while another import of the source runs.
func (s *Providers) Import(ctx context.Context, c scope.Caller, id string, dryRun bool) (ProviderImport, error) {
	r := ProviderImport{DryRun: dryRun, Rows: []ImportRow{}}
	for _, right := range []scope.Right{scope.DirectoryEdit, scope.UserRead} {
		if err := c.Require(right); err != nil {
			return r, err
		}
	}
	x, err := source(ctx, s.db, id)
	if err != nil {
		return r, err
	}
	if x.LDAP == nil {
		return r, problem.New(problem.Conflict, "directory.import", "Nothing is imported from an OpenID Connect provider: its users come when they sign in.")
	}
	if !x.Active && !dryRun {
		return r, problem.New(problem.Conflict, "directory.awaiting", "The directory still awaits approval.")
	}
	secret, err := s.secret(ctx, id)
	if err != nil {
		return r, err
	}
	run := &run{Providers: s, source: x, caller: c, report: &r}
	run.lease = lease.New(s.db, s.clock, "directory "+id, sqldb.NewID(), leaseFor)
	err = run.all(ctx, secret)
	r.Said = r.sentence()
	if err != nil {
		r.Said = problem.From(err).Message
	}
	if !dryRun && !problem.Is(err, problem.Conflict) {
		err = errors.Join(err, s.ended(context.WithoutCancel(ctx), c, x, r, err))
	}
	return r, err
}

// run is one import under way.
type run struct {
	*Providers
	source Provider
	caller scope.Caller
	lease  *lease.Lease
	report *ProviderImport
	known  map[string]known
}

func (r *run) all(ctx context.Context, secret string) error {
	if !r.report.DryRun {
		held, err := r.lease.Take(ctx)
		if err != nil {
			return err
		}
		if !held {
			return problem.New(problem.Conflict, "directory.running", "An import from this directory is running.").WithRetry(leaseFor)
		}
		defer func() { _ = r.lease.Release(context.WithoutCancel(ctx)) }() // it runs out by itself
	}
	d, err := r.clients.of(*r.source.LDAP, secret)
	if err != nil {
		return err
	}
	found, err := r.source.LDAP.read(ctx, d, r.clock.Now())
	if err != nil {
		return err
	}
	r.report.Groups = len(found.teams)
	for _, p := range found.people {
		if p.fault == "" {
			r.report.People++
		}
	}
	if r.known, err = r.Providers.known(ctx, r.db, r.source.ID); err != nil {
		return err
	}
	for _, f := range found.faults {
		r.report.add(f)
	}
	gone := r.gone(found)
	if err := r.stop(gone); err != nil {
		return err
	}
	for _, step := range []func(context.Context, reading) error{r.people, r.teams, r.members, r.administrators} {
		if err := step(ctx, found); err != nil {
			return err
		}
	}
	return r.miss(ctx, gone)
}

// gone are the known users whose entries are not there any more, in a steady order.
func (r *run) gone(found reading) []known {
	there := make(map[string]bool, len(found.people))
	for _, p := range found.people {
		there[p.entry] = true
	}
	var out []known
	for _, k := range r.known {
		if !there[k.entry] {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b known) int { return strings.Compare(a.entry, b.entry) })
	return out
}

// stop refuses an import in which too much has vanished at once: a filter was mistyped, a part of the directory is not
// replicated, or somebody has answered in its place.
func (r *run) stop(gone []known) error {
	fresh := 0
	for _, k := range gone {
		if k.missing == 0 {
			fresh++
		}
	}
	counted := len(r.known) - (len(gone) - fresh)
	if fresh <= fewKnown || fresh*100 <= counted*r.source.LDAP.Import.Share {
		return nil
	}
	r.report.Stopped, r.report.Missing = true, fresh
	return problem.Newf(problem.Precondition, "directory.vanished",
		"The import has stopped and changed nothing: %d of %d known entries are missing at once. Check the base, the filter and the directory; "+
			"if they are really gone, raise the share that may vanish.", fresh, counted)
}

// batches runs fn for each item, several in one transaction, as long as the lease is held. What is wrong with an item goes
// into the report; fn finds that before it writes. In a dry run nothing is kept.
func batches[T any](ctx context.Context, r *run, items []T, fn func(*sqldb.Tx, T) (ImportRow, error)) error {
	for batch := range slices.Chunk(items, importBatch) {
		var rows []ImportRow
		err := r.db.Write(ctx, func(tx *sqldb.Tx) error {
			rows = rows[:0]
			if err := r.hold(ctx, tx); err != nil {
				return err
			}
			for _, item := range batch {
				row, err := fn(tx, item)
				if p, ok := errors.AsType[*problem.Error](err); ok {
					row.Outcome, row.Message = Invalid, p.Message
				} else if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			if r.report.DryRun {
				return errDry
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDry) {
			return err
		}
		for _, row := range rows {
			r.report.add(row)
		}
	}
	return nil
}

func (r *run) hold(ctx context.Context, tx *sqldb.Tx) error {
	if r.report.DryRun {
		return nil
	}
	held, err := r.lease.TakeIn(ctx, tx)
	if err == nil && !held {
		err = errors.New("another server has taken the import over")
	}
	return err
}

func (r *run) people(ctx context.Context, found reading) error {
	return batches(ctx, r, found.people, func(tx *sqldb.Tx, p person) (ImportRow, error) {
		if p.fault != "" {
			return ImportRow{Name: cmp.Or(p.draft.Name, p.dn)}, problem.New(problem.Invalid, "directory.entry", p.fault)
		}
		outcome, _, err := r.take(ctx, tx, r.caller, r.source, p)
		return ImportRow{Name: p.draft.Name, Outcome: outcome}, err
	})
}

// miss counts that entries are missing, and disables their users once they have been for the grace.
func (r *run) miss(ctx context.Context, gone []known) error {
	grace := r.source.LDAP.Import
	return batches(ctx, r, gone, func(tx *sqldb.Tx, k known) (ImportRow, error) {
		now := r.clock.Now()
		if k.missing++; k.since.IsZero() {
			k.since = now
		}
		row := ImportRow{Name: k.name, Outcome: Missing}
		over := k.missing >= grace.Grace && now.Sub(k.since) >= time.Duration(grace.GraceHours)*time.Hour
		if over && !k.withheld && !k.disabled {
			k.withheld, row.Outcome = true, Disabled
			if err := r.disable(ctx, tx, r.caller, k.user, true); err != nil {
				return row, err
			}
		}
		if k.disabled {
			row.Outcome = Unchanged
		}
		_, err := tx.Exec(ctx, "UPDATE directory_link SET missing = $1, missing_since = $2, withheld = $3 WHERE source = $4 AND entry = $5",
			k.missing, sqldb.Micros(k.since), k.withheld, r.source.ID, k.entry)
		return row, err
	})
}

// administrators tells who of the directory is an administrator, and by which roles; whoever is not any more is kept out.
func (r *run) administrators(ctx context.Context, found reading) error {
	if r.report.DryRun {
		return nil
	}
	grants := make(map[string][]admin.Grant)
	for _, p := range found.people {
		if list := r.source.grants(found.names(p)); len(list) > 0 && !p.draft.Disabled {
			grants[p.entry] = list
		}
	}
	return r.with.Admins.Reconcile(ctx, r.source.ID, grants)
}

// unanswered tells whether a directory was away: one that has answered would say the same again.
func unanswered(err error) bool {
	said := func(answer error) bool { return errors.Is(err, answer) }
	return problem.Is(err, problem.Unavailable) && !slices.ContainsFunc([]error{ldapdir.ErrCredentials, ldapdir.ErrTooMany, ldapdir.ErrPartial}, said)
}

// ended keeps how an import ended, and when the next one is due.
func (s *Providers) ended(ctx context.Context, c scope.Caller, x Provider, r ProviderImport, failed error) error {
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return err
	}
	now, due := s.clock.Now(), int64(0)
	every := x.LDAP.Import.Every
	if unanswered(failed) {
		every = min(every, minEvery)
	}
	if every > 0 {
		due = sqldb.Micros(now.Add(time.Duration(every) * time.Minute))
	}
	if r.Stopped {
		s.with.Tell("An import of users has stopped", "The import from the directory "+x.Name+" has stopped. "+r.Said)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE directory_source SET due_at = $1, ran_at = $2, ran_ok = $3, ran_said = $4, ran_counts = $5 WHERE id = $6",
			due, sqldb.Micros(now), failed == nil, r.Said, string(counts), x.ID)
		if err != nil {
			return err
		}
		return s.noted(ctx, tx, c, "directory.imported", x.ID, nil, map[string]any{"ok": failed == nil, "stopped": r.Stopped, "counts": r.Counts})
	})
}

// Tick runs the imports that are due; one server calls it every few seconds.
func (s *Providers) Tick(ctx context.Context) error {
	now := sqldb.Micros(s.clock.Now())
	ids, err := sqldb.All(ctx, s.db, sqldb.Scan1[string],
		"SELECT id FROM directory_source WHERE active AND due_at > 0 AND due_at <= $1 ORDER BY due_at", now)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		_, err := s.Import(ctx, scope.System("directory"), id, false)
		if problem.Is(err, problem.Conflict) {
			continue
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
