package enrol

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// ComputerFacts are what a computer says it is when it registers. None of them proves anything.
type ComputerFacts struct {
	Host       string            `json:"host"`
	Serial     string            `json:"serial,omitempty"`
	UUID       string            `json:"uuid,omitempty"`    // as the firmware tells it
	Machine    string            `json:"machine,omitempty"` // the system's own id of this installation
	MACs       []string          `json:"macs,omitempty"`
	Maker      string            `json:"maker,omitempty"`
	Model      string            `json:"model,omitempty"`
	Platform   string            `json:"platform"` // linux, windows or macos
	OS         string            `json:"os,omitempty"`
	OSVersion  string            `json:"osVersion,omitempty"`
	Arch       string            `json:"arch,omitempty"`
	Agent      string            `json:"agent,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"` // what whoever installs it says of it
}

// FactsOf is what an agent says of its computer, as it has come: see [ComputerFacts.Clean].
func FactsOf(f agentv1.Facts) ComputerFacts {
	return ComputerFacts{
		Host: f.Host, Serial: f.Serial, UUID: f.UUID, Machine: f.Machine, MACs: f.MACs, Maker: f.Maker, Model: f.Model, Platform: f.Platform,
		OS: f.OS, OSVersion: f.OSVersion, Arch: f.Arch, Agent: f.Agent, Attributes: f.Attributes,
	}
}

// The bounds of facts.
const (
	maxFact       = 256
	maxMACs       = 32
	maxAttributes = 32
	maxAttribute  = 64 // of a name
)

// Clean bounds what a computer said and takes out what no text holds. A problem of kind Invalid when there is too much of
// it, or it is of no platform.
func (f *ComputerFacts) Clean() error {
	for _, p := range []*string{
		&f.Host, &f.Serial, &f.UUID, &f.Machine, &f.Maker, &f.Model, &f.OS, &f.OSVersion, &f.Arch, &f.Agent,
	} {
		*p = plain(*p, maxFact)
	}
	if !slices.Contains(Platforms, f.Platform) {
		return problem.New(problem.Invalid, "registration.platform", "A computer's platform is linux, windows or macos.").WithField("platform")
	}
	if len(f.MACs) > maxMACs || len(f.Attributes) > maxAttributes {
		return problem.Newf(problem.Invalid, "registration.facts", "A computer tells at most %d network cards and %d attributes.",
			maxMACs, maxAttributes).WithField("facts")
	}
	var macs []string
	for _, m := range f.MACs {
		if m = foldMAC(m); m != "" {
			macs = append(macs, m)
		}
	}
	slices.Sort(macs)
	f.MACs = slices.Compact(macs)
	attributes := make(map[string]string, len(f.Attributes))
	for _, name := range slices.Sorted(maps.Keys(f.Attributes)) {
		if key := sqldb.Fold(plain(name, maxAttribute)); key != "" {
			attributes[key] = plain(f.Attributes[name], maxFact)
		}
	}
	f.Attributes = attributes
	return nil
}

// Platforms are those of computers.
var Platforms = []string{"linux", "windows", "macos"}

// foldMAC returns the form in which addresses of network cards are compared; "" for what is none, or nobody's.
func foldMAC(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(text)
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" || strings.Trim(digits, "0") == "" || digits == "ffffffffffff" {
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}

// plain bounds a text of a computer's and takes out what is not meant to be seen: controls, and what turns the direction
// of writing around.
func plain(s string, limit int) string {
	seen := func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}
	return strings.TrimSpace(sqldb.Clean(strings.Map(seen, strings.ToValidUTF8(s, "\uFFFD")), limit))
}
