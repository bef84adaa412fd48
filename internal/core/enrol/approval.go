package enrol

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// Approval is a computer that is entered before it comes. It gets a one-time code, which alone lets it in by itself; one
// that comes without the code and tells the same of itself waits for an administrator.
type Approval struct {
	Line   int    // of the file, from 1
	Name   string // 1 to 100 bytes
	Serial string
	UUID   string
	MACs   []string
	User   string // the owner's login name, "" for nobody
	Folder string // a path, "" for the topmost
	Groups []string

	owner directory.User
	place Place
}

// Approved is a computer that was entered, with its one-time code, which is kept nowhere.
type Approved struct {
	Approval
	Device string
	Code   string
}

// Fault is what is wrong with a line.
type Fault struct {
	Line  int
	Words string
}

const (
	maxImport     = 256 << 10
	maxApprovals  = 1000 // of one import
	maxFaults     = 100
	maxCodeLife   = 366 * 24 * time.Hour
	maxComputerID = 128
)

// columns of an import; the first line of the file names those that it has.
var columns = []string{"name", "serial", "uuid", "mac", "user", "folder", "groups"}

// ReadApprovals reads a file of comma-separated values (RFC 4180), of at most 256 KiB and 1,000 computers. The first line
// names the columns: name, and any of serial, uuid, mac, user, folder and groups; several addresses of network cards, or
// groups, stand with | between them. It returns what is wrong line by line, at most 100 faults.
func ReadApprovals(file []byte) (list []Approval, faults []Fault) {
	if len(file) > maxImport {
		return nil, []Fault{{1, "The file is larger than 256 KiB: import it in parts."}}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, []Fault{{1, "The file has no first line that names its columns: name,serial,uuid,mac,user,folder,groups."}}
	}
	for i := range head {
		head[i] = sqldb.Fold(head[i])
		if !slices.Contains(columns, head[i]) || slices.Contains(head[:i], head[i]) {
			return nil, []Fault{{1, fmt.Sprintf("There is no column %q, or it is there twice: the columns are %s.", short(plain(head[i], maxFact)), strings.Join(columns, ", "))}}
		}
	}
	if !slices.Contains(head, "name") {
		return nil, []Fault{{1, "The column name is missing."}}
	}
	for len(faults) < maxFaults {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, append(faults, Fault{broken.StartLine, "This and what follows cannot be read: a quotation mark is left open or stands alone."})
		}
		line, _ := r.FieldPos(0) // no other error comes of what is in memory
		if len(list) == maxApprovals {
			return nil, append(faults, Fault{line, fmt.Sprintf("One file holds at most %d computers: import the rest on its own.", maxApprovals)})
		}
		a, why := readApproval(head, cells)
		if a.Line = line; why != "" {
			faults = append(faults, Fault{line, why})
			continue
		}
		list = append(list, a)
	}
	return list, append(faults, twice(list)...)
}

// readApproval reads one line, and says what is wrong with it.
func readApproval(head, cells []string) (a Approval, why string) {
	if len(cells) != len(head) {
		return a, fmt.Sprintf("The line has %d values, and the first line names %d columns.", len(cells), len(head))
	}
	for i, cell := range cells {
		cell = strings.TrimSpace(csvsafe.Plain(cell))
		if plain(cell, maxFact) != cell {
			return a, fmt.Sprintf("The %s is longer than %d bytes or holds characters that cannot be seen.", head[i], maxFact)
		}
		switch head[i] {
		case "name":
			a.Name = cell
		case "serial":
			a.Serial = cell
		case "uuid":
			a.UUID = cell
		case "mac":
			a.MACs = parts(cell)
		case "user":
			a.User = cell
		case "folder":
			a.Folder = cell
		case "groups":
			a.Groups = parts(cell)
		}
	}
	return a, a.fault()
}

func parts(cell string) []string {
	var list []string
	for p := range strings.SplitSeq(cell, "|") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

func (a *Approval) fault() string {
	switch {
	case a.Name == "" || len(a.Name) > maxComputerName || csvsafe.Formula(a.Name):
		return fmt.Sprintf("The name has 1 to %d bytes and does not begin with = + - or @.", maxComputerName)
	case a.Serial != "" && (len(a.Serial) > maxComputerID || telling(a.Serial) == ""):
		return fmt.Sprintf("%q is no serial number that tells one machine from another.", short(a.Serial))
	case a.UUID != "" && (len(a.UUID) > maxComputerID || telling(a.UUID) == ""):
		return fmt.Sprintf("%q is no UUID that tells one machine from another.", short(a.UUID))
	case len(a.MACs) > maxMACs:
		return fmt.Sprintf("A computer has at most %d network cards.", maxMACs)
	case len(a.Groups) > maxPlaceGroups:
		return fmt.Sprintf("A computer is put into at most %d groups.", maxPlaceGroups)
	}
	for i, m := range a.MACs {
		if a.MACs[i] = foldMAC(m); a.MACs[i] == "" {
			return fmt.Sprintf("%q is no address of a network card: write one like 00:53:00:aa:bb:cc.", short(m))
		}
	}
	return ""
}

func (a Approval) facts() ComputerFacts {
	return ComputerFacts{Serial: a.Serial, UUID: a.UUID, MACs: a.MACs}
}

// twice finds the lines that describe the same computer as a line before.
func twice(list []Approval) (faults []Fault) {
	seen := map[string]int{}
	for _, a := range list {
		keys := []string{"name " + sqldb.Fold(a.Name)}
		for kind, values := range a.facts().identity() {
			for _, v := range values {
				keys = append(keys, kind+" "+v)
			}
		}
		for _, k := range keys {
			if first, ok := seen[k]; ok && len(faults) < maxFaults {
				kind, _, _ := strings.Cut(k, " ")
				faults = append(faults, Fault{a.Line, fmt.Sprintf("The %s stands in line %d already.", kind, first)})
				break
			}
			seen[k] = a.Line
		}
	}
	return faults
}

// Approve enters computers before they come, all or none, each with a one-time code that is good for life, 10 minutes to 366
// days. With faults nothing is entered; with dry nothing is, either. It needs the right registration.edit.
func (s *Store) Approve(ctx context.Context, c scope.Caller, list []Approval, life time.Duration, dry bool) ([]Approved, []Fault, error) {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return nil, nil, err
	}
	if err := checkLife(life); err != nil {
		return nil, nil, err
	}
	list = slices.Clone(list)
	unknown, err := s.owners(ctx, list)
	if err != nil {
		return nil, nil, err
	}
	var entered []Approved
	var faults []Fault
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		entered = nil
		if faults, err = s.resolveApprovals(ctx, tx, list); err != nil {
			return err
		}
		if faults = append(unknown, faults...); len(faults) > 0 || dry {
			return nil
		}
		for _, a := range list {
			x, err := s.enter(ctx, tx, c, a, life)
			if err != nil {
				return err
			}
			entered = append(entered, x)
		}
		return nil
	})
	return entered, faults, err
}

func checkLife(life time.Duration) error {
	if life < minLife || life > maxCodeLife {
		return problem.New(problem.Invalid, "registration.life", "A one-time code is good for 10 minutes to 366 days.").WithField("hours")
	}
	return nil
}

// owners finds the users whose the computers are.
func (s *Store) owners(ctx context.Context, list []Approval) (faults []Fault, err error) {
	nobody, err := s.with.Users.Get(ctx, self, directory.Nobody)
	if err != nil {
		return nil, err
	}
	for i := range list {
		a := &list[i]
		if a.owner = nobody; a.User == "" {
			continue
		}
		a.owner, err = s.with.Users.ByName(ctx, self, a.User)
		if problem.Is(err, problem.NotFound) {
			faults = append(faults, Fault{a.Line, fmt.Sprintf("There is no user %q.", short(a.User))})
		} else if err != nil {
			return nil, err
		}
	}
	return faults[:min(len(faults), maxFaults)], nil
}

// resolveApprovals finds what the lines name, and says what is not there or is there already.
func (s *Store) resolveApprovals(ctx context.Context, q sqldb.Querier, list []Approval) (faults []Fault, err error) {
	groups, err := s.with.Devices.GroupsByName(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range list {
		why, err := s.resolveApproval(ctx, q, &list[i], groups)
		if err != nil {
			return nil, err
		}
		if why != "" && len(faults) < maxFaults {
			faults = append(faults, Fault{list[i].Line, why})
		}
	}
	return faults, nil
}

func (s *Store) resolveApproval(ctx context.Context, q sqldb.Querier, a *Approval, groups map[string]device.Group) (why string, err error) {
	a.place = Place{Name: a.Name}
	if a.Folder != "" {
		g, ok := groups[sqldb.Fold(a.Folder)]
		if !ok || g.Kind != device.Folder {
			return fmt.Sprintf("There is no folder %q.", short(a.Folder)), nil
		}
		a.place.Folder = g.ID
	}
	for _, name := range a.Groups {
		g, ok := groups[sqldb.Fold(name)]
		if !ok || g.Kind != device.Chosen {
			return fmt.Sprintf("There is no group %q into which computers are put.", short(name)), nil
		}
		a.place.Groups = append(a.place.Groups, g.ID)
	}
	there, err := recognise(ctx, q, a.facts(), "")
	if err != nil {
		return "", err
	}
	if len(there) > 0 {
		return "A computer is there already that is described so.", nil
	}
	taken, err := s.with.Devices.Named(ctx, q, a.Name, "")
	if taken {
		return "A device is called so already.", err
	}
	return "", err
}

// enter makes the entry of a computer with its one-time code.
func (s *Store) enter(ctx context.Context, tx *sqldb.Tx, c scope.Caller, a Approval, life time.Duration) (Approved, error) {
	id, err := s.with.Devices.Expect(ctx, tx, c, a.owner, device.Facts{Serial: a.Serial})
	if err != nil {
		return Approved{}, err
	}
	if err := s.with.Devices.Settle(ctx, tx, self, id, device.Place(a.place)); err != nil {
		return Approved{}, err
	}
	if err := identify(ctx, tx, id, a.facts()); err != nil {
		return Approved{}, err
	}
	code, err := s.issueCode(ctx, tx, c, id, a.owner.ID, a.Name, life)
	return Approved{Approval: a, Device: id, Code: code}, err
}

// IssueCode makes the one-time code of a computer that is there, by which it may come again with another key; an earlier one
// ends. It is good for life, 10 minutes to 366 days, and kept nowhere. It needs the right device.enrol over the computer.
func (s *Store) IssueCode(ctx context.Context, c scope.Caller, id string, life time.Duration) (code string, err error) {
	if err := checkLife(life); err != nil {
		return "", err
	}
	return code, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceEnrol, id)
		if err != nil {
			return err
		}
		if err := d.Refusal(); err != nil {
			return err
		}
		if !d.Computer() {
			return problem.New(problem.Conflict, "registration.computer", "This is no computer: users are invited to enrol phones.")
		}
		code, err = s.issueCode(ctx, tx, c, d.ID, d.Owner, d.Name, life)
		return err
	})
}

func (s *Store) issueCode(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id, owner, name string, life time.Duration) (string, error) {
	if err := s.endCodes(ctx, tx, id); err != nil {
		return "", err
	}
	code, now := rand.Text(), s.with.Clock.Now().Truncate(time.Microsecond)
	k := AuthKey{
		ID: sqldb.NewID(), Name: name, Device: id, Uses: 1, ByKind: c.Kind, By: c.ID, Created: now, Expires: now.Add(life),
	}
	if err := insertAuthKey(ctx, tx, k, code); err != nil {
		return "", err
	}
	return code, s.with.Log.Append(ctx, tx, audit.Record{
		Action: "computer.code-made", Caller: c, Subject: audit.Subject{Kind: "computer-key", ID: k.ID}, Device: id, Owner: owner,
		After: map[string]any{"expires": k.Expires},
	})
}

// endCodes ends the open one-time codes of a computer.
func (s *Store) endCodes(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "UPDATE computer_key SET ended = $1 WHERE device = $2 AND ended = 0 AND used < uses", sqldb.Micros(s.with.Clock.Now()), id)
	return err
}

// awaited tells whether a computer has an open one-time code.
func (s *Store) awaited(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM computer_key WHERE device = $1 AND ended = 0 AND used < uses AND expires > $2",
		id, sqldb.Micros(s.with.Clock.Now()))
	return n > 0, err
}

// Codes returns the one-time codes of computers, newest first, all or the open ones alone, and the cursor of the next page.
// It needs the right registration.read.
func (s *Store) Codes(ctx context.Context, c scope.Caller, open bool, limit int, after string) (list []AuthKey, next string, err error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return nil, "", err
	}
	return s.authKeys(ctx, "a.device <> ''", sqldb.Args{}, open, limit, after)
}
