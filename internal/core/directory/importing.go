package directory

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// RowOutcome says what became of one row of an import, or would in a dry run.
type RowOutcome string

// The outcomes.
const (
	Created   RowOutcome = "created"
	Updated   RowOutcome = "updated"
	Unchanged RowOutcome = "unchanged"
	Invalid   RowOutcome = "invalid"
)

// ImportRow is the report on one row.
type ImportRow struct {
	Line    int // as a text editor counts
	Name    string
	Outcome RowOutcome
	Message string // how to mend an invalid row
}

// ImportResult is the report on an import.
type ImportResult struct {
	DryRun  bool
	Created int
	Updated int
	Invalid int
	Rows    []ImportRow
}

const (
	maxImport     = 8 << 20
	maxImportRows = 50_000
	// importBatch bounds the rows of one transaction, so that others get their turn.
	importBatch = 250
)

// columns maps what people call the columns to what they are.
var columns = map[string]string{
	"name": "name", "user": "name", "username": "name", "user name": "name", "login": "name", "account": "name",
	"display name": "display", "displayname": "display", "full name": "display", "fullname": "display",
	"mail": "mail", "email": "mail", "e-mail": "mail", "mail address": "mail", "email address": "mail",
	"groups": "groups", "group": "groups",
	"disabled": "disabled",
}

// importLine is one row as it was read; a nil field was no column of the file and stays what it is.
type importLine struct {
	line          int
	name          string
	display, mail *string
	groups        *string
	disabled      *bool
	fault         string
}

// Import adds and changes local users from comma- or semicolon-separated values in UTF-8 with a header row: name,
// display name, mail, groups (names, separated by |), disabled (yes or no). It takes at most 8 MiB and 50,000 rows. Rows
// at fault are reported and left out, the others take effect; a dry run reports the same and changes nothing. Users who
// are in the list of groups are added to them, never taken out of others.
func (s *Store) Import(ctx context.Context, c scope.Caller, r io.Reader, dryRun bool) (ImportResult, error) {
	if err := c.Require(scope.UserEdit); err != nil {
		return ImportResult{}, err
	}
	lines, err := readImport(r)
	if err != nil {
		return ImportResult{}, err
	}
	result := ImportResult{DryRun: dryRun, Rows: make([]ImportRow, 0, len(lines))}
	for batch := range slices.Chunk(lines, importBatch) {
		rows, err := s.importRows(ctx, c, batch, dryRun)
		if err != nil {
			return result, err
		}
		result.add(rows)
	}
	return result, nil
}

func (r *ImportResult) add(rows []ImportRow) {
	for _, row := range rows {
		switch row.Outcome {
		case Created:
			r.Created++
		case Updated:
			r.Updated++
		case Invalid:
			r.Invalid++
		case Unchanged:
		}
	}
	r.Rows = append(r.Rows, rows...)
}

// errDry ends the transaction of a dry run.
var errDry = errors.New("dry run")

func (s *Store) importRows(ctx context.Context, c scope.Caller, lines []importLine, dryRun bool) ([]ImportRow, error) {
	var rows []ImportRow
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows = make([]ImportRow, 0, len(lines))
		for _, l := range lines {
			outcome, err := s.importLine(ctx, tx, c, l)
			row := ImportRow{Line: l.line, Name: l.name, Outcome: outcome}
			if p, ok := errors.AsType[*problem.Error](err); ok {
				row.Outcome, row.Message = Invalid, p.Message
			} else if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		if dryRun {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return rows, err
}

// importLine applies one row. Everything that can be wrong with it is found before the first statement that writes: an
// error of a statement would end the whole transaction on PostgreSQL.
func (s *Store) importLine(ctx context.Context, tx *sqldb.Tx, c scope.Caller, l importLine) (RowOutcome, error) {
	if l.fault != "" {
		return Invalid, problem.New(problem.Invalid, "import.row", l.fault)
	}
	groups, err := groupsNamed(ctx, tx, l.groups)
	if err != nil {
		return Invalid, err
	}
	u, err := sqldb.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.folded = $1", sqldb.Fold(l.name))
	isNew := errors.Is(err, sqldb.ErrNotFound)
	if err != nil && !isNew {
		return Invalid, err
	}
	d := l.draft(u)
	if err := d.check(); err != nil {
		return Invalid, err
	}
	outcome := Unchanged
	switch {
	case isNew:
		outcome = Created
		u, err = s.add(ctx, tx, c, d, Local)
	case d != (Draft{u.Name, u.DisplayName, u.Mail, u.Disabled}):
		outcome = Updated
		u, err = s.edit(ctx, tx, c, u.ID, u.Version, d)
	}
	if err != nil {
		return Invalid, err
	}
	joined, err := s.join(ctx, tx, c, u.ID, groups)
	if joined && outcome == Unchanged {
		outcome = Updated
	}
	return outcome, err
}

func (l importLine) draft(u User) Draft {
	d := Draft{Name: l.name, DisplayName: u.DisplayName, Mail: u.Mail, Disabled: u.Disabled}
	if u.ID != "" {
		d.Name = u.Name
	}
	if l.display != nil {
		d.DisplayName = *l.display
	}
	if l.mail != nil {
		d.Mail = *l.mail
	}
	if l.disabled != nil {
		d.Disabled = *l.disabled
	}
	return d
}

func groupsNamed(ctx context.Context, tx *sqldb.Tx, list *string) ([]string, error) {
	if list == nil {
		return nil, nil
	}
	var ids []string
	for name := range strings.SplitSeq(*list, "|") {
		if sqldb.Fold(name) == "" {
			continue
		}
		id, err := sqldb.One(ctx, tx, sqldb.Scan1[string],
			"SELECT id FROM user_group g WHERE folded = $1 AND NOT EXISTS (SELECT 1 FROM directory_group l WHERE l.user_group = g.id)", sqldb.Fold(name))
		if errors.Is(err, sqldb.ErrNotFound) {
			return nil, problem.New(problem.Invalid, "import.group", "One of the groups is not there: make it first, or correct its name.")
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// join puts the user into the groups and tells whether that was new.
func (s *Store) join(ctx context.Context, tx *sqldb.Tx, c scope.Caller, user string, groups []string) (bool, error) {
	var joined []string
	for _, g := range groups {
		n, err := tx.Exec(ctx, "INSERT INTO user_group_member (user_group, end_user) VALUES ($1, $2) ON CONFLICT DO NOTHING", g, user)
		if err != nil {
			return false, err
		}
		if n > 0 {
			joined = append(joined, g)
		}
	}
	if len(joined) == 0 {
		return false, nil
	}
	if err := s.record(ctx, tx, c, "user.groups-joined", user, nil, map[string]any{"groups": joined}); err != nil {
		return false, err
	}
	return true, s.zone.BumpPeople(ctx, tx)
}

// readImport reads the whole file, which is bounded, before anything is written.
func readImport(r io.Reader) ([]importLine, error) {
	b := bufio.NewReader(&bounded{r: r, left: maxImport})
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	first, err := b.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, importFault(err)
	}
	header, _, _ := strings.Cut(string(first), "\n")
	rd := csv.NewReader(b)
	rd.ReuseRecord = true
	rd.FieldsPerRecord = -1
	if strings.Count(header, ";") > strings.Count(header, ",") {
		rd.Comma = ';'
	}
	names, err := rd.Read()
	if err != nil {
		return nil, importFault(err)
	}
	which, err := mapColumns(names)
	if err != nil {
		return nil, err
	}
	return readLines(rd, which)
}

func mapColumns(names []string) ([]string, error) {
	which := make([]string, len(names))
	for i, n := range names {
		kind, known := columns[sqldb.Fold(strings.NewReplacer("_", " ", "'", "").Replace(n))]
		if known && slices.Contains(which, kind) {
			return nil, problem.New(problem.Invalid, "import.header", "Two columns of the header row mean the same: leave one out.")
		}
		which[i] = kind
	}
	if !slices.Contains(which, "name") {
		return nil, problem.New(problem.Invalid, "import.header",
			"The first row must name the columns, and one of them must be \"name\"; the others can be \"display name\", \"mail\", "+
				"\"groups\" and \"disabled\".")
	}
	return which, nil
}

func readLines(rd *csv.Reader, which []string) ([]importLine, error) {
	var lines []importLine
	seen := make(map[string]bool)
	for {
		cells, err := rd.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, importFault(err)
		}
		if len(lines) == maxImportRows {
			return nil, problem.Newf(problem.TooLarge, "import.rows", "An import takes at most %d rows: split the file.", maxImportRows)
		}
		number, _ := rd.FieldPos(0)
		l := readLine(number, cells, which)
		if folded := sqldb.Fold(l.name); seen[folded] && l.fault == "" {
			l.fault = "The file holds this user twice: leave one of the rows out."
		} else {
			seen[folded] = true
		}
		lines = append(lines, l)
	}
}

func readLine(number int, cells, which []string) importLine {
	l := importLine{line: number}
	if len(cells) != len(which) {
		l.fault = "The row has not as many cells as the header row."
	}
	for i, cell := range cells[:min(len(cells), len(which))] {
		text := strings.TrimSpace(csvsafe.Plain(cell))
		if sqldb.Clean(text, 4*maxName) != text {
			l.fault = "A cell is too long, or is not UTF-8 text."
			text = sqldb.Clean(text, maxName)
		}
		l.set(which[i], text)
	}
	return l
}

func (l *importLine) set(column, text string) {
	switch column {
	case "name":
		l.name = text
	case "display":
		l.display = &text
	case "mail":
		l.mail = &text
	case "groups":
		l.groups = &text
	case "disabled":
		yes := slices.Contains([]string{"yes", "true", "1", "disabled"}, sqldb.Fold(text))
		if !yes && !slices.Contains([]string{"no", "false", "0", ""}, sqldb.Fold(text)) {
			l.fault = `The column "disabled" holds yes or no.`
		}
		l.disabled = &yes
	}
}

// bounded reads at most left bytes, and says when there are more.
type bounded struct {
	r    io.Reader
	left int
}

var errTooLarge = problem.New(problem.TooLarge, "import.size", "An import takes at most 8 MiB: split the file.")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func importFault(err error) error {
	if errors.Is(err, errTooLarge) {
		return errTooLarge
	}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return problem.Newf(problem.Invalid, "import.csv", "Line %d is not comma-separated values: a quote is open or misplaced.", e.Line).
			WithDetail(err)
	}
	if errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "import.empty", "The file is empty.")
	}
	return problem.New(problem.Invalid, "import.read", "The file could not be read to its end.").WithDetail(err)
}
