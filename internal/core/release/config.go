package release

import (
	"errors"
	"net/url"
	"strings"

	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Config says whether and where updates are asked for. Nothing is ever fetched while it is not enabled.
type Config struct {
	Enabled bool   `json:"enabled"`
	URL     string `json:"url"`   // of the manifest; its signature is at the same address with .sig behind
	CA      string `json:"ca"`    // PEM of the authorities that alone are trusted; "" for this machine's
	Proxy   string `json:"proxy"` // http://HOST:PORT, by which the host is reached; "" for directly
	Key     string `json:"key"`   // PEM of the Ed25519 public key
}

// Setting keeps the configuration; at first the check is off.
var Setting = zone.Setting[Config]{Name: "update.check", Right: scope.SettingEdit, Check: Config.check}

const maxURL = 500

func (c *Config) tidy() {
	for _, s := range []*string{&c.URL, &c.CA, &c.Proxy, &c.Key} {
		*s = strings.TrimSpace(*s)
	}
}

func fault(field, words string) error {
	return problem.New(problem.Invalid, "update."+field, words).WithField(field)
}

func (c Config) check() error {
	if c.Enabled && c.URL == "" {
		return fault("url", "Give the address of the manifest before you switch the check on.")
	}
	if c.Enabled && c.Key == "" {
		return errPublic
	}
	if c.URL != "" && !plainURL(c.URL, "https", true) {
		return fault("url", "The address of the manifest starts with https:// and has no user, question mark or number sign in it: nothing is to be told to its host.")
	}
	if c.Proxy != "" && !plainURL(c.Proxy, "http", false) {
		return fault("proxy", "The proxy is given as http://HOST:PORT, without a user; what goes through it is protected by TLS.")
	}
	if c.Key != "" {
		if _, err := ParsePublic(c.Key); err != nil {
			return err
		}
	}
	if c.CA == "" {
		return nil
	}
	_, err := outbound.Pool(c.CA)
	switch {
	case errors.Is(err, outbound.ErrNoCert):
		return fault("ca", "Give certificates alone: a private key must not leave its machine.")
	case err != nil:
		return fault("ca", "Give the certificates of the authorities in PEM form, at most 64 KiB.")
	}
	return nil
}

// plainURL tells whether s is an address and nothing else.
func plainURL(s, scheme string, path bool) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Scheme != scheme || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsAny(s, "?#") {
		return false
	}
	return path || u.Path == "" && u.Port() != ""
}
