package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/outbound"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// oldKey is when a zone key has sealed for long.
const oldKey = 366 * 24 * time.Hour

func (s *Server) dataFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	keys, err := s.zone.Keys.State(ctx)
	if err != nil {
		return nil, err
	}
	personal, err := s.personalFindings(ctx)
	if err != nil {
		return nil, err
	}
	return append([]adminv1.SecurityFinding{judgeKeys(keys, s.zone.Clock.Now()), keyFiles(s.zone.Config.Data), s.databaseFinding(ctx)}, personal...), nil
}

func judgeKeys(keys seal.State, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{
		Name: "Zone key", State: stateGood, Words: fmt.Sprintf("It was made %d days ago.", int(now.Sub(keys.Rotated).Hours()/24)),
		Facts: []adminv1.SecurityFact{
			fact("seals with", "AES-256-GCM"), number("version", keys.Version), moment("made", keys.Rotated), number("zone keys kept", keys.Versions),
			number("epoch keys kept", keys.Epochs), number("users with a key", keys.Users), number("users erased", keys.Erased),
			fact("FIPS 140-3 module", map[bool]string{true: "in force", false: "not in force"}[keys.FIPS]),
		},
	}
	switch {
	case keys.Rotating:
		f.State, f.Words, f.Mend = stateAttention, "A rotation of the root key is under way.", "Let it end: drover db rotate-keys --root."
	case now.Sub(keys.Rotated) > oldKey:
		f.State, f.Words, f.Mend = stateAttention, "The zone key has not been rotated for over a year.", "Rotate it: drover db rotate-keys."
	}
	return f
}

// keyFiles looks at the files of the key store: what is sealed is as safe as they are.
func keyFiles(data string) adminv1.SecurityFinding {
	dir := filepath.Join(data, "keys")
	f := adminv1.SecurityFinding{Name: "Key files", State: stateGood, Words: "Their owner alone may read them.", Facts: []adminv1.SecurityFact{fact("directory", dir)}}
	entries, err := os.ReadDir(dir)
	files := []string{dir}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".pub") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	open, failed := othersMay(0o077, files...)
	switch {
	case err != nil || failed != nil:
		f.State, f.Words, f.Mend = stateUnknown, "The files cannot be looked at.", "Let the server's user read "+dir+"."
	case len(open) > 0:
		f.State, f.Words, f.Mend = stateBad, "Others on this machine may open keys.", "Run chmod 0700 on "+dir+" and chmod 0600 on what is in it."
		f.Facts = append(f.Facts, fact("open to others", strings.Join(open, ", ")))
	default:
		f.Facts = append(f.Facts, number("files", len(files)-1))
	}
	return f
}

func (s *Server) databaseFinding(ctx context.Context) adminv1.SecurityFinding {
	if file, ok := strings.CutPrefix(s.zone.Config.DatabaseURL(), "sqlite:"); ok {
		return judgeSQLite(file)
	}
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	p, err := s.zone.DB.Peer(ctx)
	if err != nil {
		return adminv1.SecurityFinding{
			Name: "Database", State: stateUnknown, Words: "PostgreSQL gave no connection to look at.", Mend: "Look again when the server is less busy.",
		}
	}
	local := outbound.Local(p.Address)
	return judgePostgres(p, local, s.zone.Clock.Now())
}

func judgeSQLite(file string) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Database", State: stateGood, Words: "SQLite, in a file that its owner alone may open.", Facts: []adminv1.SecurityFact{fact("file", file)}}
	open, err := othersMay(0o077, file, file+"-wal", file+"-shm")
	switch {
	case err != nil:
		f.State, f.Words, f.Mend = stateUnknown, "The file cannot be looked at.", "Let the server's user look at "+file+"."
	case len(open) > 0:
		f.State, f.Words, f.Mend = stateBad, "Others on this machine may open the database.", "Run chmod 0600 on "+file+"*."
		f.Facts = append(f.Facts, fact("open to others", strings.Join(open, ", ")))
	}
	return f
}

const verifyFull = "Put sslmode=verify-full into the database's URL."

// judgePostgres judges a connection that is in use.
func judgePostgres(p sqldb.Peer, local bool, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Database", Facts: []adminv1.SecurityFact{fact("server", p.Address.String())}}
	var chain []outbound.Certificate
	if p.TLS != nil {
		var version string
		version, chain = outbound.Seen(p.TLS)
		f.Facts = append(f.Facts, fact("protocol", version), fact("cipher", tls.CipherSuiteName(p.TLS.CipherSuite)), fact("checked of the certificate", string(p.Checked)))
		f.Facts = append(f.Facts, certificates(chain)...)
	}
	switch {
	case local:
		f.State, f.Words = stateGood, "PostgreSQL, on this machine."
	case p.TLS == nil:
		f.State, f.Words, f.Mend = stateBad, "PostgreSQL on another machine, without TLS.", verifyFull
	case p.Checked == sqldb.CheckedNothing:
		f.State, f.Words, f.Mend = stateBad, "PostgreSQL by TLS, without a check of whose server it is: whoever stands between can read everything.", verifyFull
	case p.Checked == sqldb.CheckedAuthority:
		f.State, f.Words, f.Mend = stateAttention, "PostgreSQL by TLS, without a check of the server's name: every server with a certificate of that authority will do.", verifyFull
	case p.Fallback:
		f.State, f.Words, f.Mend = stateAttention, "PostgreSQL by TLS now; the next connection may be without.", verifyFull
	default:
		f.State, f.Words = judgeEnd(firstEnd(p.TLS), now)
		f.Words = "PostgreSQL by TLS, the server's name checked. " + f.Words
		if f.State != stateGood {
			f.Mend = "Have it renewed by whoever runs that server."
		}
	}
	return f
}

// personalFindings tell which personal data is collected, and by which suites.
func (s *Server) personalFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	held, err := s.zone.Policies.InForce(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	rules, _, err := s.zone.Journal.Rules(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	var found []adminv1.SecurityFinding
	for _, d := range journal.Catalogue() {
		suites := asking(held, func(e *policy.Effective) bool { return journal.AskOf(e, d.Kind).Wanted })
		f := collected(d.Words, suites)
		if f.State == stateGood {
			f.Facts = append(f.Facts, number("kept for days", int(rules.Keeps(d)/(24*time.Hour))))
		}
		found = append(found, f)
	}
	phone, err := s.phoneFinding(ctx, held)
	return append(found, phone), err
}

// phoneFinding tells who collects phone numbers, which are no part of the journal: suites, and directories.
func (s *Server) phoneFinding(ctx context.Context, held []policy.Holding) (adminv1.SecurityFinding, error) {
	f := collected("Phone number", asking(held, func(e *policy.Effective) bool { return e.Value(platform.AuditPhoneNumber).IsTrue() }))
	sources, err := s.zone.Directories.List(ctx, layersCaller)
	if err != nil {
		return f, err
	}
	var names []string
	for _, x := range sources {
		if x.Active && x.LDAP != nil && x.LDAP.Attributes.Phone != "-" {
			names = append(names, x.Name)
		}
	}
	if len(names) > 0 {
		f.State, f.Words = stateGood, wordsCollected
		f.Facts = append(f.Facts, fact("told by the directories", strings.Join(names, ", ")))
	}
	return f, nil
}

const wordsCollected = "Collected, and sealed under the key of its owner."

// collected is what is said of one kind of personal data, for which these suites ask.
func collected(name string, suites []string) adminv1.SecurityFinding {
	if len(suites) == 0 {
		return adminv1.SecurityFinding{Name: name, State: stateOff, Words: "Not collected: no suite that is assigned asks for it.", Page: "/policies"}
	}
	return adminv1.SecurityFinding{
		Name: name, State: stateGood, Words: wordsCollected, Page: "/policies",
		Facts: []adminv1.SecurityFact{fact("asked for by", strings.Join(suites, ", "))},
	}
}

// asking names the suites that want something, in every version that some device may have to obey.
func asking(held []policy.Holding, wants func(*policy.Effective) bool) []string {
	var out []string
	for _, x := range held {
		if !wants(x.Version.Effective(x.Suite, device.Corporate)) && !wants(x.Version.Effective(x.Suite, device.Personal)) {
			continue
		}
		name := fmt.Sprintf("%s (version %d)", x.Suite, x.Version.Number)
		if x.Staged {
			name = fmt.Sprintf("%s (version %d, being rolled out)", x.Suite, x.Version.Number)
		}
		out = append(out, name)
	}
	return out
}
