package directory

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/internal/base/ldapdir"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

const (
	// maxPeople bounds what one directory may hold: Drover is built for 100,000 devices.
	maxPeople = 100_000
	// readTime bounds the reading of one directory.
	readTime = 10 * time.Minute
)

// person is one entry as the mapping reads it.
type person struct {
	entry  string // the unique id
	dn     string
	draft  Draft
	phone  string
	groups []string // entries of groups, nested ones included
	above  []string // the groups that the person's own entry names
	// primary is the objectSid of the primary group of an Active Directory account, "" elsewhere: "Domain Users" for most. Neither
	// the group nor the account names the other as a member.
	primary string
	// fault says why the entry cannot be taken, "" where it can. Whoever it is keeps what they have: the entry is there.
	fault string
}

// team is one group of a directory.
type team struct {
	entry   string
	dn      string
	name    string
	members []string // DNs
	above   []string
	sid     string // see [person.primary]
}

// reading is what a directory holds.
type reading struct {
	people []person
	teams  []team
	// faults are the entries that cannot be taken, with the reason.
	faults []ImportRow
}

// unreachable says that a source does not answer.
func unreachable(err error, ca string) error {
	text := "The directory cannot be read: " + mend(err, ca)
	return problem.New(problem.Unavailable, "directory.unreachable", text).WithDetail(err)
}

// read takes in all people and groups of a directory, within [maxPeople] and [MaxGroups].
func (l LDAPConfig) read(ctx context.Context, d *ldapdir.Directory, now time.Time) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	session, err := d.Open(ctx)
	if err != nil {
		return reading{}, unreachable(err, l.CA)
	}
	defer session.Close()
	var r reading
	if err := l.readPeople(ctx, session, now, &r); err != nil {
		return r, unreachable(err, l.CA)
	}
	if l.Groups.Base == "" {
		return r, nil
	}
	if err := l.readTeams(ctx, session, &r); err != nil {
		return r, unreachable(err, l.CA)
	}
	r.resolve()
	return r, nil
}

func (l LDAPConfig) userAttributes() []string {
	a := l.Attributes
	list := []string{a.Login, a.DisplayName, a.Mail, a.ID, "memberOf", "userAccountControl", "accountExpires", "nsAccountLock", objectSID, "primaryGroupID"}
	if a.Phone != "-" {
		list = append(list, a.Phone)
	}
	return list
}

func (l LDAPConfig) readPeople(ctx context.Context, s *ldapdir.Session, now time.Time, r *reading) error {
	seen := make(map[string]bool)
	return s.Each(ctx, ldapdir.Search{
		Base: l.Users.Base, Filter: l.Users.Filter, Attributes: l.userAttributes(), Max: maxPeople,
	}, func(e ldapdir.Entry) error {
		p := l.person(e, now)
		switch folded := sqldb.Fold(p.draft.Name); {
		case p.entry == "":
			r.fault(p.draft.Name, "The entry has no unique id in the attribute "+l.Attributes.ID+": name the right attribute.")
		case folded == "":
			p.fault = "The entry has no login name in the attribute " + l.Attributes.Login + ": give it one, or choose another attribute or a narrower filter."
			r.people = append(r.people, p)
		case seen[folded]:
			p.fault = "The directory holds this login name twice: choose another attribute or a narrower filter."
			r.people = append(r.people, p)
		default:
			seen[folded] = true
			r.people = append(r.people, p)
		}
		return nil
	})
}

func (r *reading) fault(name, message string) {
	r.faults = append(r.faults, ImportRow{Name: sqldb.Clean(name, maxName), Outcome: Invalid, Message: message})
}

// person reads one entry. What does not fit is left empty, but the login name, which the import then refuses.
func (l LDAPConfig) person(e ldapdir.Entry, now time.Time) person {
	a := l.Attributes
	p := person{
		entry: e.ID(a.ID), dn: e.DN, above: e.All("memberOf"), primary: primary(e),
		draft: Draft{Name: strings.TrimSpace(e.First(a.Login)), DisplayName: sqldb.Line(strings.TrimSpace(e.First(a.DisplayName)), maxName), Mail: strings.TrimSpace(e.First(a.Mail))},
	}
	p.draft.Disabled = disabled(e, now)
	if a.Phone != "-" {
		p.phone = sqldb.Clean(strings.TrimSpace(e.First(a.Phone)), maxPhone)
	}
	p.draft.tidy()
	return p
}

const maxPhone = 64

// accountDisabled is the bit of userAccountControl (MS-ADTS section 2.2.16).
const accountDisabled = 2

func disabled(e ldapdir.Entry, now time.Time) bool {
	n, err := strconv.ParseInt(e.First("userAccountControl"), 10, 64)
	return (err == nil && n&accountDisabled != 0) || strings.EqualFold(e.First("nsAccountLock"), "true") || over(e.First("accountExpires"), now)
}

// epoch is 1970 in seconds since 1601, from which Windows counts.
const epoch = 11_644_473_600

// over tells whether the time until which there is an account has passed: in tenths of a microsecond since 1601, 0 for never
// (MS-ADA1 section 2.1).
func over(expires string, now time.Time) bool {
	n, err := strconv.ParseInt(expires, 10, 64)
	return err == nil && n > 0 && n/10_000_000-epoch < now.Unix()
}

const objectSID = "objectSid"

// primary is the SID of a primary group: the account's own, with another last number (MS-DTYP section 2.4.2.2).
func primary(e ldapdir.Entry) string {
	sid := e.First(objectSID)
	n, err := strconv.ParseUint(e.First("primaryGroupID"), 10, 32)
	if err != nil || len(sid) < 12 {
		return ""
	}
	return sid[:len(sid)-4] + string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// tidy empties what of an entry breaks the rules for users, but the login name.
func (d *Draft) tidy() {
	if (&Draft{Name: "x", DisplayName: d.DisplayName}).check() != nil {
		d.DisplayName = ""
	}
	if checkMail(d.Mail) != nil {
		d.Mail = ""
	}
}

// fingerprint changes with everything that is taken over of a person. It must not be readable: there is a phone number in it.
func (s *Providers) fingerprint(p person) ([]byte, error) {
	sum := sha256.New()
	for _, text := range []string{p.draft.Name, p.draft.DisplayName, p.draft.Mail, p.phone, strconv.FormatBool(p.draft.Disabled)} {
		sum.Write([]byte(strconv.Itoa(len(text)) + ":" + text))
	}
	return s.with.Keys.Blind("directory_link", "fingerprint", hex.EncodeToString(sum.Sum(nil)))
}

func (l LDAPConfig) readTeams(ctx context.Context, s *ldapdir.Session, r *reading) error {
	a := l.Attributes
	seen := make(map[string]bool)
	return s.Each(ctx, ldapdir.Search{
		Base: l.Groups.Base, Filter: l.Groups.Filter, Attributes: []string{a.Group, a.Member, a.ID, "memberOf", objectSID}, Max: MaxGroups,
	}, func(e ldapdir.Entry) error {
		t := team{
			entry: e.ID(a.ID), dn: e.DN, name: sqldb.Line(strings.TrimSpace(e.First(a.Group)), maxGroupName),
			members: e.All(a.Member), above: e.All("memberOf"), sid: e.First(objectSID),
		}
		description := ""
		switch {
		case t.entry == "":
			r.fault(t.name, "The group has no unique id in the attribute "+a.ID+".")
		case CheckGroup(&t.name, &description) != nil:
			r.fault(t.name, "The group's name has control characters, or it has none.")
		case seen[sqldb.Fold(t.name)]:
			r.fault(t.name, "The directory holds a group of this name twice: choose another attribute or a narrower filter.")
		default:
			seen[sqldb.Fold(t.name)] = true
			r.teams = append(r.teams, t)
		}
		return nil
	})
}

// resolve finds for each person all groups, through groups within groups, each once. Who is in a group may stand in the group, in
// its members' own entries, or in both.
func (r *reading) resolve() {
	above := make(map[string][]string) // DN -> DNs of the groups that hold it
	teams, bySID := make(map[string]string, len(r.teams)), make(map[string]string)
	for _, t := range r.teams {
		key := ldapdir.Key(t.dn)
		teams[key] = t.entry
		if t.sid != "" {
			bySID[t.sid] = key
		}
	}
	for _, t := range r.teams {
		key := ldapdir.Key(t.dn)
		for _, m := range t.members {
			m = ldapdir.Key(m)
			above[m] = append(above[m], key)
		}
		for _, g := range t.above {
			above[key] = append(above[key], ldapdir.Key(g))
		}
	}
	for i := range r.people {
		p := &r.people[i]
		next := slices.Clone(above[ldapdir.Key(p.dn)])
		for _, g := range p.above {
			next = append(next, ldapdir.Key(g))
		}
		if key := bySID[p.primary]; key != "" {
			next = append(next, key)
		}
		p.groups = climb(next, above, teams)
	}
}

func climb(next []string, above map[string][]string, teams map[string]string) []string {
	var found []string
	seen := make(map[string]bool)
	for len(next) > 0 {
		key := next[0]
		next = next[1:]
		if seen[key] {
			continue
		}
		seen[key] = true
		if entry := teams[key]; entry != "" {
			found = append(found, entry)
		}
		next = append(next, above[key]...)
	}
	return found
}

// names are the names of a person's groups.
func (r *reading) names(p person) []string {
	var out []string
	for _, t := range r.teams {
		if slices.Contains(p.groups, t.entry) {
			out = append(out, t.name)
		}
	}
	return out
}

// mend says what to do about an error of a directory.
func mend(err error, ca string) string {
	if why, ok := errors.AsType[ldapdir.Refusal](err); ok {
		return "it does not accept the one who searches: " + string(why) + "."
	}
	switch {
	case errors.Is(err, ldapdir.ErrCredentials):
		return "it does not accept the name and password of the one who searches."
	case errors.Is(err, ldapdir.ErrTooMany):
		return "it holds more than Drover takes: choose a narrower base or filter."
	case errors.Is(err, ldapdir.ErrPartial):
		return "it gives only a part of its entries: raise its size limit for the one who searches."
	case errors.Is(err, ldapdir.ErrNoStartTLS):
		return "it does not offer StartTLS: use ldaps, or have TLS set up there."
	}
	return ldapdir.Mend(err, ca != "")
}
