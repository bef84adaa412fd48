package release

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"drover/internal/base/problem"
)

// Manifest is what the host of the releases says of them.
type Manifest struct {
	Serial   int64     `json:"serial"`   // from 1; higher in each manifest than in the one before
	Issued   time.Time `json:"issued"`   // when it was made
	Expires  time.Time `json:"expires"`  // from when on it is no longer believed, at most 400 days after Issued
	Releases []Release `json:"releases"` // at most 200, each version once
}

// Release is one version of the program.
type Release struct {
	Version  string `json:"version"`  // three numbers: 1.4.0
	Date     string `json:"date"`     // 2026-03-01
	Security bool   `json:"security"` // it mends faults of security
	Notes    string `json:"notes"`    // for people, at most 4,000 characters
	Files    []File `json:"files"`    // at most 50
}

// File is one file of a release, by which an operator who has fetched it can tell that it is the right one.
type File struct {
	Name   string `json:"name"`   // at most 200 characters
	SHA256 string `json:"sha256"` // in hexadecimal
}

const (
	// MaxManifest bounds a manifest, in octets.
	MaxManifest = 256 << 10

	maxLife     = 400 * 24 * time.Hour
	maxReleases = 200
	maxFiles    = 50
	maxNotes    = 4000
	maxName     = 200
	// skew is by how much the host's clock may differ from this machine's.
	skew = 10 * time.Minute
)

var (
	errLarge   = problem.New(problem.TooLarge, "update.large", "The manifest is over 256 KiB: leave old releases out of it.")
	errForm    = problem.New(problem.Invalid, "update.manifest", "The manifest is no JSON object as docs/operate.md describes it.")
	errExpired = problem.New(problem.Invalid, "update.expired",
		"The manifest has expired: its host has to sign a new one. Until then nobody can tell whether newer ones are being withheld.")
	errFuture = problem.New(problem.Invalid, "update.future", "The manifest was made in the future: check this machine's clock and its host's.")
)

// Read verifies a manifest with its signature, decodes it, and refuses one that is not valid now. Nothing of it is looked at
// before the signature is known to be right.
func Read(manifest, signature []byte, key ed25519.PublicKey, now time.Time) (Manifest, error) {
	if len(manifest) > MaxManifest {
		return Manifest{}, errLarge
	}
	if err := verify(key, manifest, signature); err != nil {
		return Manifest{}, err
	}
	m, err := Decode(manifest)
	switch {
	case err != nil:
		return m, err
	case !now.Before(m.Expires):
		return m, errExpired
	case m.Issued.After(now.Add(skew)):
		return m, errFuture
	}
	return m, nil
}

// Decode reads a manifest, newest release first. Members that it does not know are left out: a later version may have more
// to say. The problem says what is wrong with it.
func Decode(text []byte) (m Manifest, err error) {
	if len(text) > MaxManifest {
		return m, errLarge
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&m); err != nil {
		return m, errForm.WithDetail(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, errForm
	}
	if err := m.check(); err != nil {
		return m, err
	}
	slices.SortStableFunc(m.Releases, func(a, b Release) int { return compare(b.Version, a.Version) })
	return m, nil
}

func bad(words string) error { return problem.New(problem.Invalid, "update.manifest", words) }

func (m Manifest) check() error {
	switch {
	case m.Serial < 1:
		return bad("The manifest needs a serial number: 1, and a higher one each time.")
	case m.Issued.Year() < 2000 || m.Expires.Year() > 9999 || !m.Expires.After(m.Issued) || m.Expires.Sub(m.Issued) > maxLife:
		return bad("The manifest must expire after it was issued, and within 400 days.")
	case len(m.Releases) > maxReleases:
		return bad("The manifest names at most 200 releases: leave old ones out.")
	}
	seen := map[string]bool{}
	for _, r := range m.Releases {
		if seen[r.Version] {
			return bad("The manifest names a version twice.")
		}
		seen[r.Version] = true
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r Release) check() error {
	if _, ok := parse(r.Version); !ok || strings.ContainsAny(r.Version, "v-+") {
		return bad("The version of a release is three numbers, such as 1.4.0.")
	}
	if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
		return bad("The date of a release looks like 2026-03-01.")
	}
	if !isText(r.Notes, maxNotes, true) {
		return bad("The notes of a release are text of at most 4,000 characters.")
	}
	if len(r.Files) > maxFiles {
		return bad("A release has at most 50 files.")
	}
	for _, f := range r.Files {
		sum, err := hex.DecodeString(f.SHA256)
		if err != nil || len(sum) != 32 || f.Name == "" || !isText(f.Name, maxName, false) {
			return bad("A file of a release has a name of at most 200 characters, and its SHA-256 in hexadecimal.")
		}
	}
	return nil
}

// isText tells whether people can read s, in so many characters at most, on one line or several.
func isText(s string, most int, several bool) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) && (!several || r != '\n' && r != '\t')
	})
}
