package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Users' passwords go where the mail servers are said to be: one stolen session must not divert them. What changes where
// they go takes the quorum; what does not, as a name or a bound on devices, is done at once.

// The kinds of acts that this package carries out once they are approved.
const (
	kindEdit     = "upstream.edit"
	kindRemove   = "upstream.remove"
	kindReorder  = "upstream.reorder"
	kindAssign   = "upstream.assign"
	kindUnassign = "upstream.unassign"
)

func (s *Store) register() {
	for kind, do := range map[string]func(context.Context, *sqldb.Tx, safety.Approval) error{
		kindEdit: s.carryEdit, kindRemove: s.carryRemove, kindReorder: s.carryReorder, kindAssign: s.carryAssign,
		kindUnassign: s.carryUnassign,
	} {
		s.with.Safety.Register(kind, safety.Act{Do: do})
	}
}

// order asks for an act that changes where passwords go. about is the user whom it concerns alone, or "".
func (s *Store) order(ctx context.Context, tx *sqldb.Tx, c scope.Caller, kind, subject, about, words string, payload any) (safety.Approval, error) {
	return s.with.Safety.Order(ctx, tx, c, safety.Ask{
		Class: safety.MailServer, Kind: kind, Subject: subject, About: about, Payload: payload, Words: words,
	})
}

// inert is the configuration of a server to which nobody is sent.
func (c Config) inert() Config {
	c.Default, c.Domains, c.WindowsDomain = false, nil, ""
	return c
}

// takes tells whether the configuration itself sends users to the server.
func (c Config) takes() bool { return c.Default || len(c.Domains) > 0 || c.WindowsDomain != "" }

// diverts tells in words what of a change decides where passwords go; nothing when none of it does.
func (c Config) diverts(n Config) (words safety.Words) {
	words.Say(c.URL != n.URL || c.PlainReason != n.PlainReason, "its address is %s, no longer %s", n.URL, c.URL)
	words.Say(c.TLS != n.TLS || c.CA != n.CA, "the certificates trusted for it are %s", n.trusted())
	words.Say(c.ServerName != n.ServerName, "its certificate is for %s", or(n.ServerName, "the name in its address"))
	words.Say(!slices.Equal(c.Domains, n.Domains), "it gets the users of %s, no longer of %s", listed(n.Domains), listed(c.Domains))
	words.Say(c.WindowsDomain != n.WindowsDomain, "it gets the users of the Windows domain %s", or(n.WindowsDomain, "of none"))
	words.Say(c.Names != n.Names, "its users are known by their %s names", n.Names)
	words.Say(n.Default && !c.Default, "it gets all users whom nothing else assigns")
	words.Say(c.Default && !n.Default, "users whom nothing else assigns get no mail from it")
	words.Say(!reflect.DeepEqual(c.Bearer, n.Bearer), "bearer tokens are validated in another way")
	return words
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func listed(list []string) string { return or(strings.Join(list, ", "), "no domain") }

// trusted names what is trusted, by fingerprints that an approver can compare.
func (c Config) trusted() string {
	if c.TLS != TLSPinned {
		return "those of the machine's own authorities"
	}
	var prints []string
	for rest := []byte(c.CA); len(prints) < 5; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		prints = append(prints, fmt.Sprintf("SHA-256 %x", sha256.Sum256(b.Bytes)))
	}
	return strings.Join(prints, ", ")
}

type editPayload struct {
	Name    string `json:"name"`
	Config  Config `json:"config"`
	Version int64  `json:"version"`
}

// askEdit asks for a change of where passwords go.
func (s *Store) askEdit(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u Upstream, conf Config, words safety.Words) (safety.Approval, error) {
	text := fmt.Sprintf("Change the mail server %s at %s, to which users' passwords go: %s", u.Name, u.URL, words)
	return s.order(ctx, tx, c, kindEdit, u.ID, "", text, editPayload{conf.Name, conf, u.Version})
}

func (s *Store) carryEdit(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[editPayload](a)
	if err != nil {
		return err
	}
	u, err := one(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	if u.Version != p.Version {
		return problem.New(problem.Conflict, "upstream.changed", "The mail server has been changed since this was asked for: ask anew.")
	}
	p.Config.Name = p.Name
	return s.replace(ctx, tx, a.By(), u, p.Config)
}

func (s *Store) carryRemove(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	u, err := one(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	return s.remove(ctx, tx, a.By(), u)
}

func (s *Store) carryReorder(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	ids, err := safety.Payload[[]string](a)
	if err != nil {
		return err
	}
	return s.reorder(ctx, tx, a.By(), ids)
}

func (s *Store) carryAssign(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[Assignment](a)
	if err != nil {
		return err
	}
	return s.assign(ctx, tx, a.By(), p)
}

func (s *Store) carryUnassign(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[Assignment](a)
	if err != nil {
		return err
	}
	return s.unassign(ctx, tx, a.By(), p)
}
