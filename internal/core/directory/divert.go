package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// place is where a source is.
func (c Config) place() string {
	if c.LDAP != nil {
		return strings.Join(c.LDAP.Servers, ", ")
	}
	return c.OIDC.Issuer
}

// gives tells which roles a source gives.
func (c Config) gives() string {
	if len(c.Roles) == 0 {
		return ""
	}
	words := make([]string, len(c.Roles))
	for i, m := range c.Roles {
		words[i] = m.Group + " (role " + m.Role + ")"
	}
	return ". Members of these groups become administrators, each once approved: " + strings.Join(words, ", ")
}

// diverts tells in words what of a change decides who may sign in as whom, or where passwords go; nothing when none does.
func (c Config) diverts(n Config) (words safety.Words) {
	words.Say(c.moved(n), "it is at %s, no longer at %s, or trusted by other certificates", n.place(), c.place())
	words.Say(!reflect.DeepEqual(c.Roles, n.Roles), "the groups whose members become administrators are others%s", n.gives())
	words.Say(n.Join && !c.Join, "whoever is in it becomes a user at the first sign-in")
	if c.LDAP != nil && n.LDAP != nil {
		a, b := *c.LDAP, *n.LDAP
		words.Say(a.Users != b.Users || a.Groups != b.Groups || a.Attributes != b.Attributes || a.Schema != b.Schema || a.BindName != b.BindName,
			"its people and groups are looked for in another way, under %s", b.Users.Base)
	}
	if c.OIDC != nil && n.OIDC != nil {
		words.Say(c.OIDC.ClientID != n.OIDC.ClientID || c.OIDC.Claims != n.OIDC.Claims || !slices.Equal(c.OIDC.Scopes, n.OIDC.Scopes),
			"what its tokens say is read in another way")
	}
	return words
}

// moved tells whether passwords or secrets would go elsewhere.
func (c Config) moved(n Config) bool {
	switch {
	case c.LDAP != nil && n.LDAP != nil:
		a, b := c.LDAP, n.LDAP
		return !slices.Equal(a.Servers, b.Servers) || a.Mode != b.Mode || a.CA != b.CA || a.ServerName != b.ServerName
	case c.OIDC != nil && n.OIDC != nil:
		return c.OIDC.Issuer != n.OIDC.Issuer || c.OIDC.CA != n.OIDC.CA
	}
	return true
}

type changePayload struct {
	Name    string `json:"name"`
	Config  Config `json:"config"`
	Version int64  `json:"version"`
}

// Edit puts another configuration in the place of a source's; secret nil keeps the one that is there. version is the one
// that the caller has seen. What decides who may sign in as whom takes the quorum: until it is given, the source that comes
// back is the old one. A source that moves loses its secret, so that nobody can have it sent elsewhere; it is given anew.
func (s *Providers) Edit(ctx context.Context, c scope.Caller, id string, version int64, conf Config, secret *string) (x Provider, a safety.Approval, err error) {
	if err := mayEdit(c, conf); err != nil {
		return x, a, err
	}
	if err := conf.check(); err != nil {
		return x, a, err
	}
	if secret != nil {
		if err := checkSecret(*secret); err != nil {
			return x, a, err
		}
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if x, err = source(ctx, tx, id); err != nil {
			return err
		}
		if err := mayEdit(c, x.Config); err != nil {
			return err
		}
		if x.Version != version {
			return changedMeanwhile
		}
		if !x.Active {
			return problem.New(problem.Conflict, "directory.awaiting", "The directory still awaits approval: withdraw the request, and add it anew.")
		}
		if conf.Kind != x.Kind {
			return bad("kind", "A directory stays of its kind: add another one.")
		}
		if err := s.checkRoles(ctx, tx, conf); err != nil {
			return err
		}
		if a, err = s.change(ctx, tx, c, x, conf); err != nil {
			return err
		}
		if secret != nil && a.State != safety.Awaiting {
			if err := s.setSecret(ctx, tx, id, *secret); err != nil {
				return err
			}
		}
		x, err = source(ctx, tx, id)
		return err
	})
	return x, a, err
}

func (s *Providers) change(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Provider, conf Config) (safety.Approval, error) {
	words := x.diverts(conf)
	if len(words) == 0 {
		return safety.Approval{State: safety.Approved}, s.replace(ctx, tx, c, x, conf)
	}
	return s.safety.Order(ctx, tx, c, safety.Ask{
		Class: safety.MailServer, Kind: kindChange, Subject: x.ID, Payload: changePayload{conf.Name, conf, x.Version},
		Words: fmt.Sprintf("Change the directory %s, by which users sign in: %s", x.Name, words),
	})
}

func (s *Providers) carryChange(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[changePayload](a)
	if err != nil {
		return err
	}
	x, err := source(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	if x.Version != p.Version {
		return problem.New(problem.Conflict, "directory.changed", "The directory has been changed since this was asked for: ask anew.")
	}
	p.Config.Name = p.Name
	return s.replace(ctx, tx, a.By(), x, p.Config)
}

func (s *Providers) replace(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Provider, conf Config) error {
	text, err := json.Marshal(conf)
	if err != nil {
		return err
	}
	if x.moved(conf) {
		if err := s.setSecret(ctx, tx, x.ID, ""); err != nil {
			return err
		}
	}
	due := int64(0)
	if conf.LDAP != nil && conf.LDAP.Import.Every > 0 {
		due = sqldb.Micros(s.clock.Now())
	}
	_, err = tx.Exec(ctx, `UPDATE directory_source SET name = $1, folded = $2, config = $3, changed_at = $4, due_at = $5, version = version + 1
		WHERE id = $6`, conf.Name, sqldb.Fold(conf.Name), string(text), sqldb.Micros(s.clock.Now()), due, x.ID)
	if err != nil {
		return sourceTaken(err)
	}
	return s.noted(ctx, tx, c, "directory.changed", x.ID, x.audited(), conf.audited())
}
