package enrol

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/envelope"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// signedLife is how long a key is named that signs no more: longer than any document that it signed is in force.
const signedLife = 60 * 24 * time.Hour

// learning is how long a key signs at least: computers that are at work learn of the next one within a day, and those that are away
// for a weekend within three.
const learning = 3 * 24 * time.Hour

// signers are the keys that sign what agents are told: one, and the names of all that agents are to believe.
type signers struct {
	id    string
	key   ed25519.PrivateKey
	named []agentv1.PublicKey
}

// Sign signs what the zone tells one computer, under words of its own, by the zone's signing key for agents. The document is
// taken as it is: its device, kind, version and times are the caller's to fill in.
func (s *Store) Sign(ctx context.Context, d agentv1.Document) (agentv1.Envelope, error) {
	set, err := s.signers(ctx)
	if err != nil {
		return agentv1.Envelope{}, err
	}
	payload, err := json.Marshal(d)
	if err != nil {
		return agentv1.Envelope{}, err
	}
	signature, err := envelope.Sign(set.key, envelope.AgentDocument, payload)
	return agentv1.Envelope{Payload: payload, Signature: signature, KeyID: set.id}, err
}

// SigningKeys returns the keys that agents are to believe, for the registration and the settings: the one that signs, the next
// one, and those that signed in the last 60 days.
func (s *Store) SigningKeys(ctx context.Context) ([]agentv1.PublicKey, error) {
	set, err := s.signers(ctx)
	return set.named, err
}

// signers returns the keys from memory where it can, and makes them where there are none.
func (s *Store) signers(ctx context.Context) (signers, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return signers{}, err
	}
	if set, ok := s.signing.Get(revision, struct{}{}); ok {
		return set, nil
	}
	set, err := s.readSigners(ctx)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = s.firstSigners(ctx)
		if err != nil && !errors.Is(err, sqldb.ErrConflict) { // another server made them
			return signers{}, err
		}
		set, err = s.readSigners(ctx)
	}
	if err == nil {
		s.signing.Put(revision, struct{}{}, set, 0)
	}
	return set, err
}

func (s *Store) firstSigners(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.insertSigner(ctx, tx, "signs"); err != nil {
			return err
		}
		return s.insertSigner(ctx, tx, "next")
	})
}

func signerField(id string) seal.Field {
	return seal.Field{Table: "agent_signing_key", Column: "sealed", Row: id}
}

func (s *Store) insertSigner(ctx context.Context, tx *sqldb.Tx, state string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	id, err := httpsig.Thumbprint(public)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	sealed, err := s.with.Keys.Seal(ctx, tx, signerField(id), seal.Zone, private.Seed())
	if err != nil {
		return err
	}
	now := sqldb.Micros(s.with.Clock.Now())
	_, err = tx.Exec(ctx, "INSERT INTO agent_signing_key (id, public_key, sealed, state, created, changed) VALUES ($1, $2, $3, $4, $5, $6)",
		id, der, []byte(sealed), state, now, now)
	return err
}

type signerRow struct {
	id             string
	public, sealed []byte
	state          string
	changed        time.Time
}

func scanSigner(r sqldb.Row) (x signerRow, err error) {
	var changed int64
	err = r.Scan(&x.id, &x.public, &x.sealed, &x.state, &changed)
	x.changed = sqldb.Time(changed)
	return x, err
}

// readSigners reads the keys; [sqldb.ErrNotFound] when none signs.
func (s *Store) readSigners(ctx context.Context) (set signers, err error) {
	rows, err := sqldb.All(ctx, s.db, scanSigner, `SELECT id, public_key, sealed, state, changed FROM agent_signing_key
		WHERE state <> 'ended' ORDER BY CASE state WHEN 'signs' THEN 1 WHEN 'next' THEN 2 ELSE 3 END, changed DESC LIMIT 8`)
	if err != nil {
		return set, err
	}
	now := s.with.Clock.Now()
	for _, row := range rows {
		if row.state == "signed" && now.Sub(row.changed) > signedLife {
			continue
		}
		set.named = append(set.named, agentv1.PublicKey{ID: row.id, Key: row.public})
		if row.state != "signs" {
			continue
		}
		seed, err := s.with.Keys.Open(ctx, s.db, signerField(row.id), seal.Zone, row.sealed)
		if err != nil {
			return set, err
		}
		set.id, set.key = row.id, ed25519.NewKeyFromSeed(seed)
	}
	if set.key == nil {
		return set, sqldb.ErrNotFound
	}
	return set, nil
}

var errYoungKey = problem.New(problem.Conflict, "key.young",
	"The key that signs was changed less than three days ago: computers that do not know yet which one comes next would have to register anew.")

// RotateSigning has the next key sign what agents are told from now on, and names another one as the next. An agent that was
// away meanwhile knows it already; one that was away while the keys changed twice must register anew. Therefore it is a problem of
// kind Conflict ("key.young") within three days of the last change. It needs the right key.rotate.
func (s *Store) RotateSigning(ctx context.Context, c scope.Caller) error {
	if err := c.Require(scope.KeyRotate); err != nil {
		return err
	}
	if _, err := s.signers(ctx); err != nil { // made first, where there are none
		return err
	}
	now := s.with.Clock.Now()
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		young, err := sqldb.One(ctx, tx, sqldb.Scan1[bool],
			"SELECT EXISTS (SELECT 1 FROM agent_signing_key WHERE state = 'signed' AND changed > $1)", sqldb.Micros(now.Add(-learning)))
		if err != nil {
			return err
		}
		if young {
			return errYoungKey
		}
		_, err = tx.Exec(ctx, "UPDATE agent_signing_key SET state = 'ended' WHERE state = 'signed' AND changed < $1", sqldb.Micros(now.Add(-signedLife)))
		if err != nil {
			return err
		}
		for _, step := range [][2]string{{"signs", "signed"}, {"next", "signs"}} {
			n, err := tx.Exec(ctx, "UPDATE agent_signing_key SET state = $1, changed = $2 WHERE state = $3", step[1], sqldb.Micros(now), step[0])
			if err != nil {
				return err
			}
			if n != 1 {
				return problem.New(problem.Conflict, "key.rotating", "The keys are being changed by another server: look again.")
			}
		}
		if err := s.insertSigner(ctx, tx, "next"); err != nil {
			return err
		}
		err = s.with.Log.Append(ctx, tx, audit.Record{Action: "zone.agent-key-rotated", Caller: c, Subject: audit.Subject{Kind: "key"}})
		if err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}
