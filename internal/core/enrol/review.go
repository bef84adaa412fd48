package enrol

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Why says why an administrator decides over a computer.
type Why string

// The reasons.
const (
	WhyRule     Why = "rule"     // a rule asks for it
	WhyAgain    Why = "again"    // it tells the same as one that is there: set up anew, or somebody says so
	WhyCloned   Why = "cloned"   // in part the same, in part not: a copy of another's disk, or a changed part
	WhySeveral  Why = "several"  // it tells the same as several
	WhyApproved Why = "approved" // one was entered beforehand that tells the same, but it came without the one-time code
	WhyMoved    Why = "moved"    // the key of one that is in is used by a machine that tells otherwise: a copy of its disk, or a changed part
	WhyDiffers  Why = "differs"  // it came with the one-time code of a computer that was described otherwise
)

// ReviewState says how far a review is.
type ReviewState string

// The states.
const (
	Open       ReviewState = "open"
	DecideSame ReviewState = "same"    // it is a computer that is there, and gets in as that when it asks again
	DecideNew  ReviewState = "new"     // it is another one
	Refused    ReviewState = "refused" // for as long as the review is kept
	Done       ReviewState = "done"    // it has come in
)

// Review is a computer over which an administrator decides.
type Review struct {
	ID      string
	Own     string // the thumbprint of the key that it has made: what was decided counts for this key alone
	Key     string // the id of the authorization key or one-time code that it has shown, or ""; of [WhyMoved] the thumbprint
	Why     Why
	Rule    string // the id of the rule that fitted, or ""
	Facts   ComputerFacts
	Addr    string
	Matches []Match
	State   ReviewState
	Device  string // which it is, or has become
	Folder  string // where a new one is put, "" for where the rules put it
	ByKind  scope.Kind
	By      string // who has decided
	Created time.Time
	Asked   time.Time // when it asked last
	Decided time.Time
}

const (
	// reviewLife is how long a review is kept, and so how long a computer is refused.
	reviewLife = 30 * 24 * time.Hour
	// maxOpen bounds the open reviews, maxUnshown those of computers that have shown nothing.
	maxOpen    = 2000
	maxUnshown = 100
)

const reviewColumns = `v.id, v.own_key, v.shown_key, v.why, v.rule, v.facts, v.addr, v.matches, v.state, v.device, v.folder, v.by_kind, v.by_whom,
	v.created, v.asked, v.decided`

func scanReview(r sqldb.Row) (v Review, err error) {
	var facts, matches string
	var created, asked, decided int64
	err = r.Scan(&v.ID, &v.Own, &v.Key, &v.Why, &v.Rule, &facts, &v.Addr, &matches, &v.State, &v.Device, &v.Folder, &v.ByKind, &v.By,
		&created, &asked, &decided)
	if err != nil {
		return v, err
	}
	v.Created, v.Asked, v.Decided = sqldb.Time(created), sqldb.Time(asked), sqldb.Time(decided)
	return v, errors.Join(json.Unmarshal([]byte(facts), &v.Facts), json.Unmarshal([]byte(matches), &v.Matches))
}

// reviewBy finds the review of a computer by the key that it has made, while it is kept.
func (s *Store) reviewBy(ctx context.Context, q sqldb.Querier, own string) (Review, error) {
	return sqldb.One(ctx, q, scanReview, "SELECT "+reviewColumns+" FROM registration_review v WHERE v.own_key = $1 AND v.created >= $2",
		own, sqldb.Micros(s.with.Clock.Now().Add(-reviewLife)))
}

// waits tells whether a computer waits for an administrator, or for what was decided to take effect.
func (s *Store) waits(ctx context.Context, own string) (bool, error) {
	_, err := s.reviewBy(ctx, s.db, own)
	if errors.Is(err, sqldb.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// wait has a computer wait for an administrator. It takes a use of what it has shown, so that a key never brings more
// computers to the door than it has uses.
func (s *Store) wait(ctx context.Context, tx *sqldb.Tx, x Coming, a AuthKey, v Review) (Admission, error) {
	if a.ID != "" {
		if err := s.spend(ctx, tx, a); err != nil {
			return Admission{}, err
		}
	}
	v.Own, v.Key, v.Facts, v.Addr = x.Own, a.ID, x.Facts, address(x.Addr)
	return Admission{Refusal: errReview}, s.open(ctx, tx, v, x.Addr)
}

// open writes a review down and tells of it.
func (s *Store) open(ctx context.Context, tx *sqldb.Tx, v Review, from netip.Addr) error {
	now := s.with.Clock.Now()
	if _, err := tx.Exec(ctx, "DELETE FROM registration_review WHERE created < $1", sqldb.Micros(now.Add(-reviewLife))); err != nil {
		return err
	}
	if err := roomToWait(ctx, tx, v); err != nil {
		return err
	}
	facts, err := json.Marshal(v.Facts)
	if err != nil {
		return err
	}
	matches, err := json.Marshal(v.Matches)
	if err != nil {
		return err
	}
	v.ID = sqldb.NewID()
	_, err = tx.Exec(ctx, `INSERT INTO registration_review (id, own_key, shown_key, why, rule, facts, addr, matches, state, device, folder,
		by_kind, by_whom, created, asked, decided, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', '', '', '', $9, $9, 0, 0)`,
		v.ID, v.Own, v.Key, string(v.Why), v.Rule, string(facts), v.Addr, string(matches), sqldb.Micros(now))
	if err != nil {
		return err
	}
	s.announce(tx, v.ID)
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: "registration.review-opened", Caller: scope.Caller{Kind: scope.Internal, ID: "enrol", Addr: from},
		Subject: audit.Subject{Kind: "registration", ID: v.ID}, After: map[string]any{"why": v.Why, "rule": v.Rule, "key": v.Key, "matches": v.Matches},
	})
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}

func roomToWait(ctx context.Context, tx *sqldb.Tx, v Review) error {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], `SELECT count(*) FROM (SELECT 1 FROM registration_review WHERE state = 'open'
		AND (shown_key = '' OR $1 <> '') LIMIT 2001) x`, v.Key)
	if err != nil {
		return err
	}
	if n >= maxOpen || v.Key == "" && n >= maxUnshown {
		return problem.New(problem.Throttled, "registration.full", "Too many computers wait for an administrator: try again later.").WithRetry(time.Hour)
	}
	return nil
}

// reviewed carries out what an administrator has decided over a computer that asks again.
func (s *Store) reviewed(ctx context.Context, tx *sqldb.Tx, v Review, x Coming) (Admission, error) {
	_, err := tx.Exec(ctx, "UPDATE registration_review SET asked = $1, addr = $2 WHERE id = $3", sqldb.Micros(s.with.Clock.Now()), address(x.Addr), v.ID)
	if err != nil {
		return Admission{}, err
	}
	a := Admission{Decision: Decision{Verdict: Admit}}
	switch v.State {
	case Open:
		return Admission{Refusal: errReview}, nil
	case DecideSame:
		a.Device = v.Device
	case DecideNew:
		if a.Decision, err = s.judgeNew(ctx, tx, v, x); err != nil {
			return Admission{}, err
		}
	case Refused, Done:
		return Admission{Refusal: errRefused}, nil
	}
	_, err = tx.Exec(ctx, "UPDATE registration_review SET state = 'done' WHERE id = $1", v.ID)
	s.announce(tx, v.ID)
	return a, err
}

// judgeNew says where a computer is put of which an administrator has said that it is a new one.
func (s *Store) judgeNew(ctx context.Context, q sqldb.Querier, v Review, x Coming) (Decision, error) {
	x.Key = v.Key
	k, err := authKey(ctx, q, v.Key)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return Decision{}, err
	}
	t, err := judge(ctx, q, x, k.shown())
	if err != nil {
		return Decision{}, err
	}
	if t.Verdict != Admit { // a rule that asks for review, or says otherwise by now: the administrator has decided
		t.Verdict, t.Place = Quarantine, Place{}
	}
	if v.Folder != "" && s.checkPlace(ctx, q, Place{Folder: v.Folder}) == nil { // it may have gone meanwhile
		t.Verdict, t.Place.Folder = Admit, v.Folder
	}
	return t.Decision, nil
}

// Reviews returns the computers over which an administrator decides, newest first: all, or those in one state. It needs the
// right registration.read.
func (s *Store) Reviews(ctx context.Context, c scope.Caller, state ReviewState, r page.Request) (page.Page[Review], error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return page.Page[Review]{}, err
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[Review]{}, err
	}
	var a sqldb.Args
	where := "v.created >= " + a.Add(sqldb.Micros(s.with.Clock.Now().Add(-reviewLife)))
	if state != "" {
		where += " AND v.state = " + a.Add(string(state))
	}
	total, capped, err := page.Total(ctx, s.db, "FROM registration_review v WHERE "+where, a.List()...)
	if err != nil {
		return page.Page[Review]{}, err
	}
	if r.After != "" { // ids are made in the order of time
		where += " AND v.id < " + a.Add(r.After)
	}
	rows, err := sqldb.All(ctx, s.db, scanReview, "SELECT "+reviewColumns+" FROM registration_review v WHERE "+where+
		" ORDER BY v.id DESC LIMIT "+a.Add(size+1), a.List()...)
	p := page.Cut(rows, size, func(v Review) string { return v.ID })
	p.Total, p.Capped = total, capped
	return p, err
}

var errNoReview = problem.New(problem.NotFound, "registration.review-unknown", "Nobody waits for this decision, or not any more.")

// Resolution is what an administrator decides over a computer.
type Resolution struct {
	State  ReviewState // [DecideSame], [DecideNew] or [Refused]
	Device string      // for [DecideSame]: one of the computers that it tells the same as
	Folder string      // for [DecideNew]: where it is put, "" for where the rules put it
}

// Resolve decides over a computer that waits. It takes effect when the computer registers again, by the same key of its own; of
// one that is in ([WhyMoved]) at once. It needs the right registration.edit, and device.enrol over the computer that it is to be.
func (s *Store) Resolve(ctx context.Context, c scope.Caller, id string, to Resolution) error {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		v, err := sqldb.One(ctx, tx, scanReview, "SELECT "+reviewColumns+" FROM registration_review v WHERE v.id = $1 AND v.state = 'open'", id)
		if errors.Is(err, sqldb.ErrNotFound) {
			return errNoReview
		}
		if err != nil {
			return err
		}
		d, err := s.resolvable(ctx, tx, c, v, to)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE registration_review SET state = $1, device = $2, folder = $3, by_kind = $4, by_whom = $5, decided = $6
			WHERE id = $7 AND state = 'open'`, string(to.State), to.Device, to.Folder, string(c.Kind), c.ID, sqldb.Micros(s.with.Clock.Now()), id)
		if err != nil {
			return err
		}
		if n == 0 { // somebody else has decided at the same moment
			return errNoReview
		}
		s.announce(tx, id)
		if v.Why == WhyMoved {
			if err := s.move(ctx, tx, c, v, d, to.State); err != nil {
				return err
			}
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "registration.review-decided", Caller: c, Subject: audit.Subject{Kind: "registration", ID: id}, Device: d.ID, Owner: d.Owner,
			Before: map[string]any{"why": v.Why}, After: map[string]any{"decision": to.State, "folder": to.Folder},
		})
	})
}

// resolvable judges a decision, and returns the computer that it is to be.
func (s *Store) resolvable(ctx context.Context, q sqldb.Querier, c scope.Caller, v Review, to Resolution) (device.Device, error) {
	bad := func(field, words string) error {
		return problem.New(problem.Invalid, "registration.decision", words).WithField(field)
	}
	switch {
	case v.Why != WhyMoved:
	case to.State == DecideNew:
		return device.Device{}, bad("decision", "It is in already: it is that computer, or its key ends for all machines that hold it.")
	case to.State == DecideSame && to.Device != v.Matches[0].Device:
		return device.Device{}, bad("device", "It is in already, as another computer.")
	case to.State == Refused:
		return s.with.Devices.Find(ctx, q, c, scope.DeviceEnrol, v.Matches[0].Device)
	}
	switch to.State {
	case DecideSame:
		if !slices.ContainsFunc(v.Matches, func(m Match) bool { return m.Device == to.Device }) {
			return device.Device{}, bad("device", "Name one of the computers that it tells the same as.")
		}
		d, err := s.with.Devices.Find(ctx, q, c, scope.DeviceEnrol, to.Device)
		if err != nil {
			return d, err
		}
		return d, d.Refusal()
	case DecideNew:
		return device.Device{}, s.checkPlace(ctx, q, Place{Folder: to.Folder})
	case Refused:
		return device.Device{}, nil
	case Open, Done:
	}
	return device.Device{}, bad("decision", "The decision is same, new or refused.")
}
