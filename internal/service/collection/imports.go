package collection

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/core/event"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
)

const (
	maxUnpackedLog   = 32 << 20
	maxUnpackedOther = 64 << 20
	maxRatio         = 200 // of what is unpacked to what was packed
	maxPiece         = 128 << 10
)

var (
	errFileForm = problem.New(problem.Malformed, "upload.form", "The file cannot be read: it is not of the form that its kind and media type tell.")
	errUnpacked = problem.New(problem.TooLarge, "upload.unpacked", "What is in the file is larger than is taken.")
)

// Import takes what is in a file that a computer has sent into the zone; it is a [spool.Importer].
func (s *Service) Import(ctx context.Context, f spool.File, body io.Reader) error {
	c := scope.Caller{Kind: scope.Device, ID: f.Device}
	most := int64(maxUnpackedOther)
	if f.Kind == spool.Log {
		most = maxUnpackedLog
	}
	plain, err := unpack(body, f.Media, f.Size, most)
	if err != nil {
		return err
	}
	switch f.Kind {
	case spool.Log:
		return s.importLog(ctx, c, f, plain)
	case spool.Inventory:
		return s.importInventory(ctx, c, plain)
	case spool.Audit, spool.Message:
		return s.importEvents(ctx, c, plain)
	}
	return errFileForm
}

// unpack returns what is in a file, and fails past a bound: a small file must not become a large one.
func unpack(body io.Reader, media string, size, most int64) (io.Reader, error) {
	if media != "application/gzip" {
		return &bounded{r: body, left: most}, nil
	}
	r, err := gzip.NewReader(body)
	if err != nil {
		return nil, form(err)
	}
	return &bounded{r: r, left: min(most, max(size, 4096)*maxRatio)}, nil
}

// bounded fails past its bound.
type bounded struct {
	r    io.Reader
	left int64
}

// Read reads, and fails past the bound.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errUnpacked
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = form(err)
	}
	return n, err
}

// form tells a file that is wrong from one that cannot be read now.
func form(err error) error {
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	if _, corrupt := errors.AsType[flate.CorruptInputError](err); corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errFileForm.WithDetail(err)
	}
	return err
}

func (s *Service) importInventory(ctx context.Context, c scope.Caller, plain io.Reader) error {
	var in agentv1.InventoryReport
	if err := decode(plain, &in); err != nil {
		return err
	}
	return s.keepInventory(ctx, c, in)
}

func decode(plain io.Reader, v any) error {
	raw, err := io.ReadAll(plain)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return errFileForm.WithDetail(err)
	}
	return nil
}

func (s *Service) importEvents(ctx context.Context, c scope.Caller, plain io.Reader) error {
	var in agentv1.Events
	if err := decode(plain, &in); err != nil {
		return err
	}
	for list := in.Events; len(list) > 0; {
		n := min(len(list), event.MaxAtOnce)
		if _, err := s.keepEvents(ctx, c, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// importLog keeps the log of an agent as the logs of telephones are kept: in pieces, sealed, and without what a log must not
// hold.
func (s *Service) importLog(ctx context.Context, c scope.Caller, f spool.File, plain io.Reader) error {
	from := journal.Source{Device: f.Device, Owner: f.Owner, Piece: "upload/" + f.ID}
	list, err := logPieces(plain, f.Begun)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	items := make([]journal.Item, len(list))
	for i := range list {
		items[i] = &list[i]
	}
	return s.Journal.Keep(ctx, c, from, items...)
}

// logPieces cuts a log into pieces between its lines. Their times are those of the lines; where a line tells none, that of the
// one before, so that pieces stay in their order.
func logPieces(plain io.Reader, begun time.Time) ([]journal.Lines, error) {
	in := bufio.NewReaderSize(plain, maxPiece)
	var list []journal.Lines
	var text bytes.Buffer
	last := begun.Add(-time.Hour)
	from := last
	flush := func() {
		if text.Len() == 0 {
			return
		}
		until := last
		if n := len(list); n > 0 && !until.After(list[n-1].Until) {
			until = list[n-1].Until.Add(time.Microsecond)
		}
		list = append(list, journal.Lines{From: minTime(from, until), Until: until, Text: strings.ToValidUTF8(text.String(), "\uFFFD")})
		text.Reset()
		from = until
	}
	for {
		line, err := in.ReadSlice('\n') // a longer line comes in parts
		if text.Len()+len(line) > maxPiece {
			flush()
		}
		if at, ok := lineTime(line); ok && at.Before(begun.Add(24*time.Hour)) {
			if text.Len() == 0 {
				from = at
			}
			last = at
		}
		text.Write(line)
		if errors.Is(err, io.EOF) {
			flush()
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
	if len(list) > journal.MaxItems {
		return nil, errUnpacked
	}
	return list, nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lineTime reads the time of a line as the agent writes it (log/slog).
func lineTime(line []byte) (time.Time, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"time":"`))
	if !ok {
		return time.Time{}, false
	}
	text, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok || len(text) > 40 {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	return t, err == nil
}
