package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"drover/internal/base/addrrule"
	"drover/internal/base/outbound"
	"drover/internal/base/syslog"
)

// Config is all that a server must know before it can read the zone's own settings. The tags make it flags, environment
// variables and the keys of the configuration file alike; the help is the file's manual.
type Config struct {
	Data       string `default:"/var/lib/drover" env:"DROVER_DATA" help:"Directory that holds everything Drover keeps: the database (unless another is named), keys, certificates and logs. Only its owner may read it."`
	DeviceAddr string `default:"127.0.0.1:8443" env:"DROVER_DEVICE_ADDR" help:"Address and port for devices. In production 0.0.0.0:443, or the address that the firewall lets in."`
	AdminAddr  string `default:"127.0.0.1:7443" env:"DROVER_ADMIN_ADDR" help:"Address and port for the dashboard and the admin API. Keep it inside."`
	Database   string `env:"DROVER_DATABASE" help:"Database URL. Empty means SQLite in the data directory. PostgreSQL: postgres://drover_serve@db.example/drover?sslmode=verify-full"`
	Public     string `env:"DROVER_PUBLIC" help:"URL under which devices reach this zone, told to mail clients by Autodiscover. Empty means https:// with the first name and the device port."`

	Names []string `env:"DROVER_NAMES" help:"Host names and addresses of this server for its certificate. Empty means localhost, the machine's name and the addresses listened on."`

	TLSMode       string `name:"tls-mode" enum:"zone,files,acme" default:"zone" env:"DROVER_TLS_MODE" help:"Where the server's certificate comes from: zone (the zone's own authority, DIR/tls/ca.pem), files, or acme."`
	TLSCert       string `name:"tls-cert" env:"DROVER_TLS_CERT" help:"Certificate chain in PEM form, for tls-mode files. It is read again when it changes."`
	TLSKey        string `name:"tls-key" env:"DROVER_TLS_KEY" help:"Private key in PEM form, for tls-mode files."`
	ACMEDirectory string `name:"acme-directory" env:"DROVER_ACME_DIRECTORY" help:"URL of the ACME authority, for tls-mode acme. Empty means Let's Encrypt, whose terms of service you then accept."`
	ACMEContact   string `name:"acme-contact" env:"DROVER_ACME_CONTACT" help:"Mail address for the ACME authority's notices."`

	TrustedProxies []string `name:"trusted-proxies" env:"DROVER_TRUSTED_PROXIES" help:"Addresses or networks of reverse proxies that are believed about the client's address. Empty: nobody is."`
	ProxyHeader    string   `name:"proxy-header" enum:"X-Forwarded-For,Forwarded" default:"X-Forwarded-For" env:"DROVER_PROXY_HEADER" help:"The one header in which trusted proxies tell the client's address."`

	ProxyProtocol bool `name:"proxy-protocol" env:"DROVER_PROXY_PROTOCOL" help:"Trusted proxies begin each connection with the PROXY protocol, version 1 or 2, as HAProxy's send-proxy and send-proxy-v2 do. A trusted proxy that does not is cut; nobody else is believed."`

	LogLevel string `name:"log-level" enum:"debug,info,warn,error" default:"info" env:"DROVER_LOG_LEVEL" help:"Least important lines that are logged."`

	LogSyslog   string `name:"log-syslog" env:"DROVER_LOG_SYSLOG" help:"Where the server's own log is sent besides the files DIR/log/drover.log: local (this machine's syslog), tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT. Each message is a line of JSON."`
	AuditSyslog string `name:"audit-syslog" env:"DROVER_AUDIT_SYSLOG" help:"Where the signed heads of the audit log are sent besides the file DIR/audit/heads.jsonl: local, tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT. Another machine is what shows that this one was rolled back."`
	SyslogCA    string `name:"syslog-ca" env:"DROVER_SYSLOG_CA" help:"File in PEM form with the authorities that syslog servers by TLS are trusted by. Empty means this machine's."`

	SMTP     string `name:"smtp" env:"DROVER_SMTP" help:"Mail server for notices to owners, as smtp://USER@HOST:587 (STARTTLS is required) or smtps://USER@HOST:465. Empty: notices go to the log alone."`
	SMTPFrom string `name:"smtp-from" default:"drover@localhost" env:"DROVER_SMTP_FROM" help:"Sender of notices."`
	SMTPPass string `name:"smtp-password-file" env:"DROVER_SMTP_PASSWORD_FILE" help:"File with the password for the mail server."`
	SMTPCA   string `name:"smtp-ca" env:"DROVER_SMTP_CA" help:"File in PEM form with the only authorities that the mail server for notices is trusted by. Empty means this machine's."`
}

// DatabaseURL returns the URL of the database in use.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "drover.db")
}

// Hosts returns the names and addresses that the server's certificate is for.
func (c Config) Hosts() []string {
	if len(c.Names) > 0 {
		return c.Names
	}
	hosts := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && name != "localhost" && validHost(name) {
		hosts = append(hosts, name)
	}
	for _, a := range []string{c.DeviceAddr, c.AdminAddr} {
		host, _, _ := net.SplitHostPort(a)
		ip, err := netip.ParseAddr(host)
		if host == "" || err == nil && ip.IsUnspecified() { // at all of the machine's
			for _, own := range outward() {
				hosts = add(hosts, own.String())
			}
		} else if err == nil {
			hosts = add(hosts, host)
		}
	}
	return add(hosts, "127.0.0.1")
}

func add(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

func validHost(name string) bool {
	u, err := url.Parse("https://" + name)
	return err == nil && u.Hostname() == name && !strings.ContainsAny(name, "_ ")
}

// PublicURL returns the URL that devices are told, without a path.
func (c Config) PublicURL() string {
	if c.Public != "" {
		return strings.TrimSuffix(c.Public, "/")
	}
	return "https://" + hostPort(c.Hosts()[0], c.DeviceAddr, "443")
}

// URLs returns the addresses at which computers reach this server, as far as it knows them itself: what the zone is known by
// first. Whoever administers the zone says the others.
func (c Config) URLs() []string {
	list := []string{c.PublicURL()}
	listens, _, _ := net.SplitHostPort(c.DeviceAddr)
	ip, _ := netip.ParseAddr(listens)
	for _, host := range c.Hosts() {
		a, err := netip.ParseAddr(host)
		if len(c.Names) == 0 && (err != nil || a.IsLoopback()) && ip.IsLoopback() {
			continue // nobody but this machine reaches it, and has the first one for that
		}
		list = add(list, "https://"+hostPort(host, c.DeviceAddr, "443"))
	}
	return list
}

// AdminURL returns the URL of the dashboard.
func (c Config) AdminURL() string { return "https://" + hostPort(c.Hosts()[0], c.AdminAddr, "443") }

func hostPort(host, listen, standard string) string {
	_, port, _ := net.SplitHostPort(listen)
	if port == standard || port == "" {
		return strings.TrimSuffix(net.JoinHostPort(host, ""), ":")
	}
	return net.JoinHostPort(host, port)
}

// Level returns the log level.
func (c Config) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // checked by Check
	return l
}

// Check finds every mistake that can be found without starting anything, and names them all.
func (c Config) Check() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	for _, a := range [][2]string{{"device-addr", c.DeviceAddr}, {"admin-addr", c.AdminAddr}} {
		if _, port, err := net.SplitHostPort(a[1]); err != nil || port == "" {
			bad(a[0], "%q is no address and port, such as 127.0.0.1:8443", a[1])
		}
	}
	if !filepath.IsAbs(c.Data) {
		bad("data", "%q is no absolute path", c.Data)
	}
	if c.Public != "" {
		if u, err := url.Parse(c.Public); err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			bad("public", "%q is no https:// URL without a path", c.Public)
		}
	}
	if scheme, _, _ := strings.Cut(c.Database, ":"); !slices.Contains([]string{"", "sqlite", "postgres", "postgresql"}, scheme) {
		bad("database", "the URL must start with sqlite: or postgres://")
	}
	switch c.TLSMode {
	case "zone":
	case "files":
		for _, f := range [][2]string{{"tls-cert", c.TLSCert}, {"tls-key", c.TLSKey}} {
			if _, err := os.Stat(f[1]); err != nil {
				bad(f[0], "the file %q cannot be read; tls-mode files needs it", f[1])
			}
		}
	case "acme":
		if len(c.Names) == 0 {
			bad("names", "tls-mode acme needs the host names to ask for")
		}
	default:
		bad("tls-mode", "%q is not zone, files or acme", c.TLSMode)
	}
	if _, err := c.proxies(); err != nil {
		bad("trusted-proxies", "%v", err)
	}
	if c.ProxyProtocol && len(c.TrustedProxies) == 0 {
		bad("proxy-protocol", "it is read from trusted proxies alone: name them in trusted-proxies")
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		bad("log-level", "%q is not debug, info, warn or error", c.LogLevel)
	}
	for _, to := range [][2]string{{"log-syslog", c.LogSyslog}, {"audit-syslog", c.AuditSyslog}} {
		if to[1] == "" {
			continue
		}
		if _, err := syslog.Parse(to[1], c.SyslogCA); err != nil {
			bad(to[0], "%v", err)
		}
	}
	if c.SMTP != "" {
		if u, err := url.Parse(c.SMTP); err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Host == "" {
			bad("smtp", "this is no smtp:// or smtps:// URL")
		}
	}
	if c.SMTPPass != "" {
		if _, err := os.Stat(c.SMTPPass); err != nil {
			bad("smtp-password-file", "the file %q cannot be read", c.SMTPPass)
		}
	}
	if c.SMTPCA != "" {
		ca, err := readCA(c.SMTPCA)
		if err != nil {
			bad("smtp-ca", "the file %q cannot be read", c.SMTPCA)
		} else if _, err := outbound.Pool(ca); err != nil {
			bad("smtp-ca", "%v", err)
		}
	}
	return errors.Join(errs...)
}

func (c Config) proxies() (addrrule.Proxies, error) {
	list, err := addrrule.ParseList(c.TrustedProxies)
	if err != nil {
		return addrrule.Proxies{}, err
	}
	return addrrule.NewProxies(list, c.ProxyHeader)
}
