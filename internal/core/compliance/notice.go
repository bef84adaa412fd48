package compliance

import (
	"context"
	"errors"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Notices returns the templates in force and their version.
func (s *Store) Notices(ctx context.Context, c scope.Caller) (Templates, int64, error) {
	if _, err := c.Scope(scope.ComplianceRead); err != nil {
		return Templates{}, 0, err
	}
	return zone.Get(ctx, s.db, NoticeSetting)
}

// SetNotices changes the templates; version is the one that the caller has seen.
func (s *Store) SetNotices(ctx context.Context, c scope.Caller, t Templates, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, NoticeSetting, t, version) })
}

type noticeKind string

const (
	broken     noticeKind = "breach"
	restricted noticeKind = "restricted"
	restored   noticeKind = "restored"
	released   noticeKind = "released"
)

// notice queues what the owner and the staff are told of a step, in its transaction.
func (s *Store) notice(ctx context.Context, tx *sqldb.Tx, c change) error {
	kind, ok := noticeOf(c, s.with.Clock.Now())
	if !ok || !c.rule.TellOwner && !c.rule.TellStaff {
		return nil
	}
	templates, _, err := zone.Get(ctx, tx, NoticeSetting)
	if err != nil {
		return err
	}
	subject, body := templates.of(kind)
	words := oneLine(fill(subject, c)) + "\n" + fill(body, c)
	id := sqldb.NewID()
	sealed, err := s.with.Keys.Seal(ctx, tx, wordsField(id), seal.User(c.breach.owner), []byte(words))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO compliance_notice (id, device, owner, kind, words, tell_owner, tell_staff, created_at, tries)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, id, c.breach.device, c.breach.owner, string(kind), []byte(sealed),
		c.rule.TellOwner, c.rule.TellStaff, sqldb.Micros(s.with.Clock.Now()))
	if err != nil || kind != broken {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE compliance_breach SET told_at = $1 WHERE device = $2 AND rule = $3",
		sqldb.Micros(s.with.Clock.Now()), c.breach.device, c.breach.rule)
	return err
}

func wordsField(id string) seal.Field {
	return seal.Field{Table: "compliance_notice", Column: "words", Row: id}
}

// noticeOf tells which mail a step sends. Without a grace the beginning and the restriction are one moment, and one mail.
func noticeOf(c change, now time.Time) (noticeKind, bool) {
	switch c.step {
	case begins:
		return broken, c.rule.Access == "" || c.rule.Grace > 0
	case restricts:
		return restricted, true
	case ends:
		if !c.rule.asks(now) {
			return "", false // it ended by the clock alone, and will be asked again: nothing has become well
		}
		kind := released // it is exempt, say, and does not keep the rule
		if c.answer == Keeps {
			kind = restored
		}
		return kind, !c.breach.told.IsZero() || !c.breach.restricted.IsZero()
	case stays, frees, wipes, spares, retires, marks:
	}
	return "", false
}

func (t Templates) of(k noticeKind) (subject, body string) {
	switch k {
	case restricted:
		return t.RestrictedSubject, t.Restricted
	case restored:
		return t.RestoredSubject, t.Restored
	case released:
		return t.ReleasedSubject, t.Released
	case broken:
	}
	return t.BreachSubject, t.Breach
}

const (
	noticesAtOnce = 100
	mostTries     = 10
)

type queued struct {
	id, device, owner, words string
	tellOwner, tellStaff     bool
	tries                    int
	sealed                   seal.Sealed
}

// Send sends the notices that wait, those of one device in one mail, and returns how many mails went. One server at a time
// calls it. A notice that cannot be sent is tried again at the next call, ten times in all.
func (s *Store) Send(ctx context.Context) (sent int, err error) {
	rows, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (n queued, err error) {
		return n, r.Scan(&n.id, &n.device, &n.owner, (*[]byte)(&n.sealed), &n.tellOwner, &n.tellStaff, &n.tries)
	}, "SELECT id, device, owner, words, tell_owner, tell_staff, tries FROM compliance_notice ORDER BY device, id LIMIT 100")
	if err != nil {
		return 0, err
	}
	if rows, err = s.opened(ctx, rows); err != nil {
		return 0, err
	}
	var faults []error
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].device == rows[0].device {
			n++
		}
		ok, err := s.sendOne(ctx, rows[:n])
		if ok {
			sent++
		}
		faults = append(faults, err)
		rows = rows[n:]
	}
	return sent, errors.Join(faults...)
}

// opened opens the words of notices. Those of users who have been erased are nobody's any more, and go.
func (s *Store) opened(ctx context.Context, rows []queued) ([]queued, error) {
	pieces := make([]seal.Piece, len(rows))
	for i, n := range rows {
		pieces[i] = seal.Piece{Field: wordsField(n.id), Owner: seal.User(n.owner), Sealed: n.sealed}
	}
	words, err := s.with.Keys.OpenAll(ctx, s.db, pieces)
	if err != nil {
		return nil, err
	}
	var out, gone []queued
	for i, n := range rows {
		if words[i] == nil {
			gone = append(gone, n)
			continue
		}
		n.words = string(words[i])
		out = append(out, n)
	}
	if len(gone) == 0 {
		return out, nil
	}
	return out, s.done(ctx, gone)
}

// sendOne sends the notices of one device as one mail.
func (s *Store) sendOne(ctx context.Context, list []queued) (sent bool, err error) {
	var toOwner, toStaff []string
	for _, n := range list {
		if n.tellOwner {
			toOwner = append(toOwner, n.words)
		}
		if n.tellStaff {
			toStaff = append(toStaff, n.words)
		}
	}
	if len(toOwner) > 0 {
		u, err := s.with.Users.Get(ctx, self, list[0].owner)
		if err == nil && u.Mail != "" {
			subject, text := joined(toOwner)
			err = s.with.Teller.Owner(ctx, u, subject, text)
		}
		if err != nil && !problem.Is(err, problem.NotFound) {
			return false, errors.Join(err, s.again(ctx, list, false))
		}
	}
	if len(toStaff) > 0 {
		subject, text := joined(toStaff)
		if err := s.with.Teller.Staff(ctx, subject, text); err != nil {
			return false, errors.Join(err, s.again(ctx, list, true))
		}
	}
	return true, s.done(ctx, list)
}

// joined makes one mail of several: the first lines are subjects.
func joined(words []string) (subject, text string) {
	for i, w := range words {
		head, body, _ := strings.Cut(w, "\n")
		if i == 0 {
			subject = head
		} else {
			text += "\n---\n\n" + head + "\n\n"
		}
		text += body
	}
	return subject, text
}

// again keeps notices for another try; those tried often enough are given up.
func (s *Store) again(ctx context.Context, list []queued, ownerTold bool) error {
	if list[0].tries+1 >= mostTries {
		return s.done(ctx, list)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, n := range list {
			_, err := tx.Exec(ctx, "UPDATE compliance_notice SET tries = tries + 1, tell_owner = $1 WHERE id = $2", n.tellOwner && !ownerTold, n.id)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) done(ctx context.Context, list []queued) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, n := range list {
			if _, err := tx.Exec(ctx, "DELETE FROM compliance_notice WHERE id = $1", n.id); err != nil {
				return err
			}
		}
		return nil
	})
}
