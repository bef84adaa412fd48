package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

const (
	// MaxFile bounds one file in bytes.
	MaxFile  = policy.MaxFile
	partSize = 256 << 10 // so much of a file is in memory at once
)

// KeepFile stores one file that a device sends, piece by piece, and returns when all of it is durable; a file that breaks off
// leaves nothing. c is the device itself. Problems as of [Store.Keep], Invalid when the content is not the one whose digest
// was told, TooLarge when it is larger than the policy or the zone allows.
func (s *Store) KeepFile(ctx context.Context, c scope.Caller, from Source, file Copy, body io.Reader) error {
	asks, err := s.door(ctx, c, from, []Item{&file})
	if err != nil {
		return err
	}
	id := from.id(&file, 0)
	if there, err := s.has(ctx, id); err != nil || there {
		return err
	}
	// The same file may arrive twice at once, from a device that gave the first try up: each try has pieces of its own.
	try := content{id: sqldb.NewID(), owner: from.Owner}
	err = s.keepParts(ctx, &try, file, body, bound(asks[File]))
	kept := false
	if err == nil {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			if kept, err = s.insert(ctx, tx, id, from, &file, try); err != nil {
				return err
			}
			return s.checkRoom(ctx, tx, from.Device, []Item{&file})
		})
	}
	if err == nil && kept {
		return nil
	}
	return errors.Join(err, s.dropParts(context.WithoutCancel(ctx), try))
}

// content is what is kept of one file; the zero value is that of an entry without any.
type content struct {
	id, owner string
	size      int64
	parts     int
}

// has tells whether an entry is there already.
func (s *Store) has(ctx context.Context, id string) (bool, error) {
	n, err := sqldb.One(ctx, s.db, sqldb.Scan1[int], "SELECT count(*) FROM journal_entry WHERE id = $1", id)
	return n > 0, err
}

func bound(a Ask) int64 {
	if a.MaxSize > 0 {
		return min(a.MaxSize, MaxFile)
	}
	return MaxFile
}

// keepParts seals the content piece by piece, no more of it than most, and checks its digest at the end.
func (s *Store) keepParts(ctx context.Context, try *content, file Copy, body io.Reader, most int64) error {
	digest, piece := sha256.New(), make([]byte, partSize)
	for {
		n, err := io.ReadFull(body, piece)
		if try.size+int64(n) > most {
			return problem.Newf(problem.TooLarge, "journal.size", "Files of at most %d bytes are taken of this device.", most)
		}
		if n > 0 {
			digest.Write(piece[:n])
			if err := s.keepPart(ctx, *try, piece[:n]); err != nil {
				return err
			}
			try.size += int64(n)
			try.parts++
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if _, told := errors.AsType[*problem.Error](err); told {
			return err
		}
		if err != nil {
			return problem.New(problem.Invalid, "journal.broken", "The file broke off. Nothing of it has been kept.").WithDetail(err)
		}
	}
	if hex.EncodeToString(digest.Sum(nil)) != file.SHA256 {
		return problem.New(problem.Invalid, "journal.digest",
			"The file is not the one whose digest was told. Nothing of it has been kept.").WithField("sha256")
	}
	return nil
}

func (s *Store) keepPart(ctx context.Context, try content, piece []byte) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		sealed, err := s.with.Keys.Seal(ctx, tx, partField(try.id, try.parts), seal.User(try.owner), piece)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO journal_part (content, part, owner, received_at, body) VALUES ($1, $2, $3, $4, $5)",
			try.id, try.parts, try.owner, sqldb.Micros(s.with.Clock.Now()), []byte(sealed))
		return err
	})
}

func partField(content string, part int) seal.Field {
	return seal.Field{Table: "journal_part", Column: "body", Row: fmt.Sprintf("%s/%d", content, part)}
}

func (s *Store) dropParts(ctx context.Context, try content) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM journal_part WHERE content = $1", try.id)
		return err
	})
}

// FindFile returns the entry of one file, for package privacy, which records the look in the same transaction.
func (s *Store) FindFile(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) (Entry, error) {
	var a sqldb.Args
	where := "e.id = " + a.Add(id) + " AND e.kind = 'file'"
	within, err := s.readable(c, scope.UserPersonalRead, &a)
	if err != nil {
		return Entry{}, err
	}
	rows, err := sqldb.All(ctx, tx, scanEntry, "SELECT "+entryColumns+" FROM journal_entry e WHERE "+where+" AND "+within, a.List()...)
	if err != nil {
		return Entry{}, err
	}
	opened, err := s.open(ctx, tx, rows)
	if err == nil && len(opened) == 0 {
		err = problem.New(problem.NotFound, "journal.file", "There is no such file, or not any more.")
	}
	if err != nil {
		return Entry{}, err
	}
	return opened[0], nil
}

// WriteFile writes the content of a file that [Store.FindFile] has found, piece by piece.
func (s *Store) WriteFile(ctx context.Context, e Entry, w io.Writer) error {
	kept, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (x content, err error) { return x, r.Scan(&x.id, &x.parts) },
		"SELECT content, parts FROM journal_entry WHERE id = $1", e.ID)
	if err != nil {
		return err
	}
	for part := range kept.parts {
		sealed, err := sqldb.One(ctx, s.db, sqldb.Scan1[[]byte], "SELECT body FROM journal_part WHERE content = $1 AND part = $2", kept.id, part)
		if err != nil {
			return fmt.Errorf("read part %d of a file: %w", part, err)
		}
		piece, err := s.with.Keys.Open(ctx, s.db, partField(kept.id, part), seal.User(e.Owner), seal.Sealed(sealed))
		if err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
