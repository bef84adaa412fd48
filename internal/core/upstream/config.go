package upstream

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// TLSMode says whose word is taken for a server's certificate.
type TLSMode string

// The modes.
const (
	TLSSystem TLSMode = "system" // the certificate authorities of the machine
	TLSPinned TLSMode = "ca"     // the certificates given with the server, and no others
)

// NameForm says under which name Drover knows the users of a server.
type NameForm string

// The forms.
const (
	Plain NameForm = "plain" // "anna": for one server, or several with the same users
	Mail  NameForm = "mail"  // "anna@example.org": for servers whose users may have the same names
)

// Config is what an administrator says of a server.
type Config struct {
	Name string `json:"-"` // 1 to 128 bytes, unique without regard to case
	// URL is that of the ActiveSync endpoint; without a path it is /Microsoft-Server-ActiveSync. It is https, but for a
	// server on this machine or with PlainReason.
	URL         string  `json:"url"`
	PlainReason string  `json:"plainReason,omitempty"` // why http to another machine is right, in words
	TLS         TLSMode `json:"tls"`
	CA          string  `json:"ca,omitempty"`         // PEM, for TLSPinned
	ServerName  string  `json:"serverName,omitempty"` // in the certificate and the Host header, where it is not that of the URL
	// Timeout is how long the server may take to begin an answer that it does not hold; 1 s to 10 min, 0 means 30 s.
	Timeout time.Duration `json:"timeout"`
	// Domains are the mail domains of the server's users, the main one first. At most 100.
	Domains []string `json:"domains"`
	// WindowsDomain is the DOMAIN of names such as DOMAIN\anna that mean users of this server.
	WindowsDomain string   `json:"windowsDomain,omitempty"`
	Names         NameForm `json:"names"`
	Default       bool     `json:"default"`  // takes the users whom nothing else assigns
	Versions      []string `json:"versions"` // of ActiveSync that devices are offered; empty offers all the server has
	// Ask449 names clients that know the status of HTTP alone, by device type or by the beginning of the user agent: at
	// every version they are asked to provision by 449. At most 100.
	Ask449 []string `json:"ask449,omitempty"`
	// HandsOff lets devices that are new enrol when the server has accepted their user's credentials.
	HandsOff       bool     `json:"handsOff"`
	HandsOffGroups []string `json:"handsOffGroups"` // groups of users for which that holds although HandsOff is off
	DeviceCap      int      `json:"deviceCap"`      // devices that a user may have; 0 for no bound
	Bearer         *Bearer  `json:"bearer,omitempty"`
}

// Bearer says how bearer tokens are validated. Without it they are refused.
type Bearer struct {
	Issuer   string `json:"issuer"` // an OpenID Connect issuer: https
	Audience string `json:"audience"`
	Claim    string `json:"claim"` // that holds the login name: "upn", "email", "preferred_username", "sub"
}

const (
	defaultPath    = "/Microsoft-Server-ActiveSync"
	defaultTimeout = 30 * time.Second
	maxName        = 128
	maxText        = 500
	maxDomains     = 100
	maxGroups      = 100
	maxDeviceCap   = 10_000
)

// Versions lists the versions of ActiveSync that the gateway can carry.
var Versions = []string{"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1"}

// Defaults returns what a new server begins with: devices enrol by themselves once their user is proven, since the
// first phone should show that everything works.
func Defaults() Config {
	return Config{Names: Plain, Timeout: defaultTimeout, HandsOff: true}
}

func invalid(field, message string) *problem.Error {
	return problem.New(problem.Invalid, "upstream."+field, message).WithField(field)
}

// check completes and checks a configuration.
func (c *Config) check() error {
	c.complete()
	if c.Name == "" || sqldb.Line(c.Name, maxName) != c.Name {
		return invalid("name", "A server's name has 1 to 128 bytes and no control characters.")
	}
	for _, check := range []func() error{c.checkURL, c.checkTLS, c.checkNames, c.checkEnrolment, c.checkBearer} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) complete() {
	c.Name, c.URL, c.PlainReason = strings.TrimSpace(c.Name), strings.TrimSpace(c.URL), strings.TrimSpace(c.PlainReason)
	c.ServerName, c.WindowsDomain = strings.TrimSpace(c.ServerName), strings.TrimSpace(c.WindowsDomain)
	if c.TLS == "" {
		c.TLS = TLSSystem
		if strings.TrimSpace(c.CA) != "" {
			c.TLS = TLSPinned
		}
	}
	if c.Names == "" {
		c.Names = Plain
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	for i, d := range c.Domains {
		c.Domains[i] = strings.TrimPrefix(sqldb.Fold(d), "@")
	}
}

func (c *Config) checkURL() error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") || len(c.URL) > maxText {
		return invalid("url", "The URL must look like https://mail.example.org"+defaultPath+".")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return invalid("url", "The URL must hold no user, no query and no fragment: credentials are the devices' own.")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = defaultPath
		c.URL = u.String()
	}
	if u.Scheme == "http" && !outbound.Loopback(u.Hostname()) && c.PlainReason == "" {
		return invalid("url", "With http, passwords cross the network in clear. Use https, or say in \"plainReason\" why this network is safe.")
	}
	if sqldb.Clean(c.PlainReason, maxText) != c.PlainReason {
		return invalid("plainReason", "The reason has at most 500 bytes.")
	}
	return nil
}

func (c *Config) checkTLS() error {
	switch c.TLS {
	case TLSSystem:
		if strings.TrimSpace(c.CA) != "" {
			return invalid("ca", "A certificate is given, but the machine's own authorities are to be trusted: choose one of the two.")
		}
	case TLSPinned:
		if err := checkCA(c.CA); err != nil {
			return err
		}
	default:
		return invalid("tls", "The TLS mode is system or ca.")
	}
	if c.ServerName != "" && !hostname(c.ServerName) {
		return invalid("serverName", "The server name must look like mail.example.org.")
	}
	if c.Timeout < time.Second || c.Timeout > 10*time.Minute {
		return invalid("timeout", "The timeout is 1 second to 10 minutes.")
	}
	return nil
}

// checkCA checks the certificates to trust.
func checkCA(text string) error {
	_, err := outbound.Pool(text)
	if errors.Is(err, outbound.ErrNoCert) {
		return invalid("ca", "The file holds something else than certificates: leave private keys where they are.")
	}
	if err != nil {
		return invalid("ca", "The certificates must be PEM: -----BEGIN CERTIFICATE----- and so on, at most 64 KiB.").WithDetail(err)
	}
	return nil
}

func hostname(s string) bool {
	if len(s) > 253 || s == "" || strings.HasPrefix(s, ".") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}

func (c *Config) checkNames() error {
	if c.Names != Plain && c.Names != Mail {
		return invalid("names", "The form of names is plain or mail.")
	}
	if len(c.Domains) > maxDomains {
		return invalid("domains", "A server has at most 100 mail domains.")
	}
	for i, d := range c.Domains {
		if !hostname(d) || slices.Contains(c.Domains[:i], d) {
			return invalid("domains", "Each mail domain must look like example.org, and stand there once.")
		}
	}
	if c.Names == Mail && len(c.Domains) == 0 {
		return invalid("domains", "To know users by their mail address, Drover needs the server's mail domain.")
	}
	if c.WindowsDomain != "" && !hostname(strings.ReplaceAll(c.WindowsDomain, "_", "-")) {
		return invalid("windowsDomain", "The Windows domain must look like EXAMPLE.")
	}
	return nil
}

func (c *Config) checkEnrolment() error {
	if c.DeviceCap < 0 || c.DeviceCap > maxDeviceCap {
		return invalid("deviceCap", "A user may have 1 to 10,000 devices; 0 sets no bound.")
	}
	if len(c.HandsOffGroups) > maxGroups {
		return invalid("handsOffGroups", "Name at most 100 groups.")
	}
	for _, v := range c.Versions {
		if !slices.Contains(Versions, v) {
			return invalid("versions", "The versions of ActiveSync are "+strings.Join(Versions, ", ")+".")
		}
	}
	return c.checkAsk449()
}

// maxAsk449 bounds the list of clients that know 449 alone.
const maxAsk449 = 100

func (c *Config) checkAsk449() error {
	for i, name := range c.Ask449 {
		name = strings.TrimSpace(name)
		if name == "" || i >= maxAsk449 || sqldb.Line(name, maxName) != name {
			return invalid("ask449", "Name at most 100 device types or beginnings of user agents, of 1 to 128 bytes each.")
		}
		c.Ask449[i] = name
	}
	return nil
}

func (c *Config) checkBearer() error {
	if c.Bearer == nil {
		return nil
	}
	u, err := url.Parse(c.Bearer.Issuer)
	if err != nil || u.Host == "" || len(c.Bearer.Issuer) > maxText || (u.Scheme != "https" && !(u.Scheme == "http" && outbound.Loopback(u.Hostname()))) {
		return invalid("bearer", "The issuer must be an https URL, exactly as the tokens name it.")
	}
	if c.Bearer.Audience == "" || len(c.Bearer.Audience) > maxText || c.Bearer.Claim == "" || len(c.Bearer.Claim) > maxName {
		return invalid("bearer", "Name the audience that tokens must be meant for, and the claim that holds the login name.")
	}
	return nil
}
