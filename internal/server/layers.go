package server

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// How a finding stands, from the best to the worst.
const (
	stateOff       = "off"
	stateGood      = "good"
	stateUnknown   = "unknown"
	stateAttention = "attention"
	stateBad       = "bad"
)

var worse = map[string]int{stateOff: 0, stateGood: 1, stateUnknown: 2, stateAttention: 3, stateBad: 4}

// layersCaller reads for those who may see how the layers of security stand.
var layersCaller = scope.System("security")

// layersKept is how long an answer is told again: to read it anew connects to other servers.
const layersKept = 30 * time.Second

// layers keeps the last answer.
type layers struct {
	mu   sync.Mutex
	last adminv1.SecurityLayers
	at   time.Time
}

// securityLayers tells how each layer of security stands.
func (s *Server) securityLayers(ctx context.Context) (adminv1.SecurityLayers, error) {
	s.layers.mu.Lock()
	defer s.layers.mu.Unlock()
	now := s.zone.Clock.Now()
	if !s.layers.at.IsZero() && now.Sub(s.layers.at) < layersKept {
		return s.layers.last, nil
	}
	out := adminv1.SecurityLayers{Checked: now.UTC().Format(time.RFC3339)}
	for _, l := range []struct {
		key, title string
		find       func(context.Context) ([]adminv1.SecurityFinding, error)
	}{
		{"links", "Links to other servers", s.linkFindings},
		{"data", "Data at rest", s.dataFindings},
		{"logs", "Logs", s.logFindings},
		{"doors", "Links with devices and people", s.doorFindings},
		{"devices", "Devices", s.deviceFindings},
	} {
		found, err := l.find(ctx)
		if err != nil {
			return out, err
		}
		layer := adminv1.SecurityLayer{Key: l.key, Title: l.title, State: stateOff, Findings: found}
		for i := range found {
			if found[i].Facts == nil {
				found[i].Facts = []adminv1.SecurityFact{}
			}
			if worse[found[i].State] > worse[layer.State] {
				layer.State = found[i].State
			}
		}
		out.Layers = append(out.Layers, layer)
	}
	s.layers.last, s.layers.at = out, now
	return out, nil
}

func fact(name, value string) adminv1.SecurityFact {
	return adminv1.SecurityFact{Name: name, Value: value}
}

func number[N int | int64 | uint32](name string, n N) adminv1.SecurityFact {
	return fact(name, fmt.Sprint(n))
}

// oldKey is when a zone key has sealed for long.
const oldKey = 366 * 24 * time.Hour

func (s *Server) dataFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	z := s.zone
	keys, err := z.Keys.State(ctx)
	if err != nil {
		return nil, err
	}
	zoneKey := adminv1.SecurityFinding{
		Name: "Keys", State: stateGood, Words: "Personal data and secrets are sealed with AES-256-GCM under keys outside the database.",
		Facts: []adminv1.SecurityFact{
			number("version of the zone key", keys.Version), fact("made", keys.Rotated.UTC().Format(time.RFC3339)),
			number("zone keys kept", keys.Versions), number("epoch keys kept", keys.Epochs), number("users with a key", keys.Users),
			number("users erased", keys.Erased), fact("FIPS 140-3 module", map[bool]string{true: "in force", false: "not in force"}[keys.FIPS]),
		},
	}
	switch {
	case keys.Rotating:
		zoneKey.State, zoneKey.Words, zoneKey.Mend = stateAttention, "A rotation of the root key is under way.", "Let it end: drover db rotate-keys."
	case z.Clock.Now().Sub(keys.Rotated) > oldKey:
		zoneKey.State, zoneKey.Words, zoneKey.Mend = stateAttention, "The zone key has not been rotated for over a year.", "Rotate it: drover db rotate-keys."
	}
	found := []adminv1.SecurityFinding{zoneKey, s.databaseFinding()}
	collected, err := s.collected(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range journal.Catalogue() {
		f := adminv1.SecurityFinding{Name: d.Words, State: stateOff, Words: "Not collected: no suite asks for it.", Page: "/policies"}
		if suites := collected[d.Kind]; len(suites) > 0 {
			f.State, f.Words = stateGood, "Collected, and sealed under the key of its owner."
			f.Facts = []adminv1.SecurityFact{fact("asked for by", strings.Join(suites, ", "))}
		}
		found = append(found, f)
	}
	return found, nil
}

func (s *Server) databaseFinding() adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Database", State: stateGood, Words: "SQLite: a file in the data directory, which its owner alone may open."}
	if s.zone.DB.Engine() != sqldb.PostgreSQL {
		return f
	}
	f.Words = "PostgreSQL, by TLS with the server's certificate and name checked, or on this machine."
	if pool := s.zone.DB.Pool().Config().ConnConfig; pool.TLSConfig == nil && !strings.HasPrefix(pool.Host, "/") && !loopback(pool.Host) {
		f.State, f.Words, f.Mend = stateBad, "PostgreSQL on another machine, without TLS.", "Put sslmode=verify-full into the database's URL."
	} else if pool.TLSConfig != nil && pool.TLSConfig.InsecureSkipVerify && pool.TLSConfig.VerifyPeerCertificate == nil && !loopback(pool.Host) {
		f.State, f.Words, f.Mend = stateAttention, "PostgreSQL by TLS, without a check of whose server it is.", "Put sslmode=verify-full into the database's URL."
	}
	return f
}

// maxSuites bounds the suites that are looked at.
const maxSuites = 500

// collected tells which suites ask for which kinds of personal data.
func (s *Server) collected(ctx context.Context) (map[journal.Kind][]string, error) {
	list, err := s.suites(ctx)
	if err != nil {
		return nil, err
	}
	out := map[journal.Kind][]string{}
	for _, suite := range list {
		for _, d := range journal.Catalogue() {
			if journal.AskOf(suite.corporate, d.Kind).Wanted || journal.AskOf(suite.personal, d.Kind).Wanted {
				out[d.Kind] = append(out[d.Kind], suite.name)
			}
		}
	}
	return out, nil
}

type inForce struct {
	name                string
	corporate, personal *policy.Effective
}

// suites are the suites that are assigned to anybody.
func (s *Server) suites(ctx context.Context) (out []inForce, err error) {
	after := ""
	for {
		p, err := s.zone.Policies.List(ctx, layersCaller, policy.Filter{}, pageOf(after))
		if err != nil {
			return nil, err
		}
		for _, x := range p.Items {
			if x.Retired || x.Assigned == 0 {
				continue
			}
			v, err := s.zone.Policies.Version(ctx, layersCaller, x.ID, x.Version)
			if err != nil {
				return nil, err
			}
			out = append(out, inForce{x.Name, v.Effective(x.Name, device.Corporate), v.Effective(x.Name, device.Personal)})
		}
		if after = p.Next; after == "" || len(out) >= maxSuites {
			return out, nil
		}
	}
}

func (s *Server) logFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	found := []adminv1.SecurityFinding{s.fileFinding(), s.remoteFinding()}
	state, err := s.zone.Audit.State(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	chain := adminv1.SecurityFinding{
		Name: "Audit log", State: stateGood, Words: "Every change is in a chain of hashes with signed heads.", Page: "/audit",
		Facts: []adminv1.SecurityFact{number("records in the chain", state.Number), number("signed up to", state.Signed), number("waiting", state.Waiting)},
	}
	switch v := state.Verified; {
	case v == nil:
		chain.State, chain.Words, chain.Mend = stateUnknown, "The chain has never been verified.", "Verify it: drover audit verify."
	case v.Faults > 0:
		chain.State, chain.Words, chain.Mend = stateBad, fmt.Sprintf("The last verification found %d faults.", v.Faults), "See what was changed: drover audit verify."
	default:
		chain.Facts = append(chain.Facts, fact("verified", v.At.UTC().Format(time.RFC3339)))
	}
	found = append(found, chain)
	for _, k := range s.sealer.Health() {
		f := adminv1.SecurityFinding{Name: "Signed heads to the " + k.Name, State: stateGood, Words: "The last head was taken."}
		switch {
		case !k.OK:
			f.State, f.Words, f.Mend = stateBad, "The last head was not taken: "+k.Error, "Mend the place; the heads follow by themselves."
		case k.Number == 0:
			f.State, f.Words = stateUnknown, "No head has been sent since this server started."
		}
		found = append(found, f)
	}
	if s.zone.Config.AuditSyslog == "" {
		found = append(found, adminv1.SecurityFinding{
			Name: "Signed heads elsewhere", State: stateAttention, Words: "The signed heads stay on this machine: nobody else would see that it was rolled back.",
			Mend: "Name another machine: --audit-syslog tls://HOST:PORT.",
		})
	}
	return found, nil
}

func (s *Server) fileFinding() adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Server log", State: stateGood, Words: "Its owner alone may read it, and it is bounded.", Page: "/logs"}
	if s.logs == nil {
		f.State, f.Words = stateUnknown, "This server's log is kept elsewhere."
		return f
	}
	state, err := s.logs.file.State()
	if err != nil {
		f.State, f.Words, f.Mend = stateBad, "The log's files cannot be looked at.", "Look at DIR/log on the server."
		return f
	}
	f.Facts = []adminv1.SecurityFact{
		fact("permissions", fmt.Sprintf("%#o, directory %#o", state.Mode, state.Dir)), number("files", state.Files),
		number("octets", state.Size), number("lines lost", state.Lost),
	}
	switch {
	case (state.Mode|state.Dir)&fs.FileMode(0o077) != 0:
		f.State, f.Words, f.Mend = stateBad, "Others may read the log.", "Run chmod 0600 on DIR/log/* and 0700 on DIR/log."
	case state.Fault != nil:
		f.State, f.Words, f.Mend = stateBad, "The last line could not be written.", "Make room on the disk."
	case state.Lost > 0:
		f.State, f.Words = stateAttention, "Lines have been lost since the server started."
	}
	return f
}

func (s *Server) remoteFinding() adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Server log by syslog", State: stateOff, Words: "No syslog server is named."}
	if s.logs == nil || s.logs.remote == nil {
		return f
	}
	health, to := s.logs.remote.Health(), s.logs.remote.To()
	f.State, f.Words = stateGood, "Sent to "+to.String()+"."
	f.Facts = []adminv1.SecurityFact{number("sent", health.Sent), number("lost", health.Lost)}
	switch {
	case health.Fault != nil:
		f.State, f.Words, f.Mend = stateBad, to.String()+" does not take it.", "See that the syslog server runs, and is trusted."
	case !to.Protected():
		f.State, f.Mend = stateAttention, "It can be read on its way: use tls://HOST:PORT."
	}
	return f
}

func (s *Server) doorFindings(context.Context) ([]adminv1.SecurityFinding, error) {
	cert := adminv1.SecurityFinding{Name: "This server's certificate", State: stateUnknown, Words: "It comes from an ACME authority, which renews it."}
	if s.expires != nil {
		end := s.expires()
		cert.State, cert.Words = judgeEnd(end, s.zone.Clock.Now())
		cert.Facts = []adminv1.SecurityFact{fact("ends", end.UTC().Format(time.RFC3339)), fact("from", s.zone.Config.TLSMode)}
		if cert.State != stateGood {
			cert.Mend = "Put a new one into its place; the zone's own renews itself."
		}
	}
	found := []adminv1.SecurityFinding{cert}
	for _, l := range []struct{ name, addr, words string }{
		{"Listener for devices and people", s.DeviceAddr(), "TLS 1.2 and 1.3 alone, with forward secrecy."},
		{"Listener for administrators", s.AdminAddr(), "TLS 1.2 and 1.3 alone, with forward secrecy. Keep it inside."},
	} {
		found = append(found, adminv1.SecurityFinding{Name: l.name, State: stateGood, Words: l.words, Facts: []adminv1.SecurityFact{fact("address", l.addr)}})
	}
	for _, x := range gate.Catalogue() {
		if !x.Built {
			continue
		}
		f := adminv1.SecurityFinding{
			Name: string(x.Name), State: stateOff, Words: "Switched off: " + x.Purpose + ".", Page: "/services",
			Facts: []adminv1.SecurityFact{fact("who calls it", x.Callers), fact("proof", x.Proof), fact("may be reached from", "every address that its listener has"), fact("in a DMZ", x.DMZ)},
		}
		if x.Required || s.zone.Switches.On(x.Name) {
			f.State, f.Words = stateGood, "On: "+x.Purpose+"."
			if x.Open {
				f.State, f.Mend = stateAttention, "It asks for no proof of identity: switch it off where it is not needed."
			}
		}
		found = append(found, f)
	}
	return found, nil
}

// deviceFindings counts the devices by what their policy asks, as far as maxLooked.
func (s *Server) deviceFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	counts, err := s.zone.Devices.Counts(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	asked, looked, err := s.askedOf(ctx)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("of %d devices", looked)
	if looked >= maxLooked {
		of = fmt.Sprintf("of the %d devices that were looked at", looked)
	}
	var found []adminv1.SecurityFinding
	for _, k := range asks3 {
		f := adminv1.SecurityFinding{Name: k.name, State: stateGood, Words: fmt.Sprintf("Asked %d %s.", asked[k.setting].asked, of), Page: "/policies"}
		f.Facts = []adminv1.SecurityFact{number("not asked", asked[k.setting].not), number("asked, and not supported", asked[k.setting].cannot)}
		switch {
		case looked == 0:
			f.State, f.Words = stateOff, "There is no device."
		case asked[k.setting].not > 0:
			f.State, f.Mend = stateAttention, k.mend
		case asked[k.setting].cannot > 0:
			f.State, f.Mend = stateAttention, "Some devices cannot do it: keep them out by an access rule, or accept it."
		}
		found = append(found, f)
	}
	open := counts.ByPolicy[device.PolicyPending] + counts.ByPolicy[device.PolicySent] + counts.ByPolicy[device.PolicyPartial] + counts.ByPolicy[device.PolicyRefused]
	f := adminv1.SecurityFinding{
		Name: "Policies acknowledged", State: stateGood, Words: fmt.Sprintf("%d of %d devices have acknowledged theirs.", counts.ByPolicy[device.PolicyAcknowledged], counts.Total), Page: "/devices",
	}
	for _, p := range device.PolicyStates {
		f.Facts = append(f.Facts, number(string(p), counts.ByPolicy[p]))
	}
	switch {
	case counts.ByPolicy[device.PolicyRefused] > 0:
		f.State, f.Mend = stateBad, "Look at the devices that refuse theirs."
	case open > 0:
		f.State, f.Mend = stateAttention, "Look at the devices that have not acknowledged theirs."
	case counts.Total == 0:
		f.State, f.Words = stateOff, "There is no device."
	}
	return append(found, f), nil
}

var asks3 = []struct {
	name    string
	setting platform.Setting
	mend    string
}{
	{"A password on the device", platform.PasswordRequired, "Assign a suite that asks for a password to everybody."},
	{"A lock after inactivity", platform.LockInactivity, "Assign a suite with a time of inactivity to everybody."},
	{"Encryption of the device", platform.EncryptDevice, "Assign a suite that asks for encryption to everybody."},
}

type tally struct{ asked, not, cannot int }

// maxLooked bounds the devices whose policy is worked out for one answer.
const maxLooked = 5000

func (s *Server) askedOf(ctx context.Context) (map[platform.Setting]tally, int, error) {
	out := map[platform.Setting]tally{}
	looked, after := 0, ""
	for looked < maxLooked {
		list, err := s.zone.Devices.Sweep(ctx, layersCaller, scope.DeviceRead, after, 500)
		if err != nil || len(list) == 0 {
			return out, looked, err
		}
		for _, m := range list {
			e, err := s.mail.Effective(ctx, m.Device)
			if err != nil {
				return out, looked, err
			}
			row := platform.Resolve(m.PlatformFacts())
			for _, k := range asks3 {
				t := out[k.setting]
				switch {
				case !wants(e.Value(k.setting)):
					t.not++
				case !row.Setting(k.setting).Keeps():
					t.asked, t.cannot = t.asked+1, t.cannot+1
				default:
					t.asked++
				}
				out[k.setting] = t
			}
		}
		looked += len(list)
		after = list[len(list)-1].ID
	}
	return out, looked, nil
}

// wants tells whether a switch is on, or a bound is set.
func wants(v policy.Value) bool { return v.Int() > 0 }

// judgeEnd judges the end of a certificate.
func judgeEnd(end, now time.Time) (state, words string) {
	switch left := end.Sub(now); {
	case left <= 0:
		return stateBad, "The certificate has ended."
	case left < soon:
		return stateAttention, fmt.Sprintf("The certificate ends in %d days.", int(left.Hours()/24))
	default:
		return stateGood, fmt.Sprintf("The certificate is good for %d days.", int(left.Hours()/24))
	}
}
