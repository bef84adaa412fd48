package admin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Role is a named set of rights.
type Role struct {
	ID      string
	Name    string
	Words   string
	Rights  []scope.Right
	Builtin bool // it cannot be changed or removed
	Version int64
}

// The built-in roles.
const (
	Owner           = "owner"
	Administrator   = "administrator"
	HelpDesk        = "helpdesk"
	SecurityOfficer = "security"
	Auditor         = "auditor"
)

func builtins() []Role {
	all := rightsBut()
	reading := []scope.Right{
		scope.DeviceRead, scope.GroupRead, scope.UserRead, scope.PolicyRead, scope.CommandRead, scope.ApprovalRead,
		scope.RegistrationRead, scope.InventoryRead, scope.AccessRead, scope.ComplianceRead, scope.UpstreamRead, scope.DirectoryRead, scope.ServiceRead, scope.SettingRead,
	}
	with := func(more ...scope.Right) []scope.Right { return append(slices.Clone(reading), more...) }
	return []Role{
		{ID: Owner, Name: "Owner", Words: "Everything, including who else may do what.", Rights: all},
		{
			ID: Administrator, Name: "Administrator", Words: "Runs the zone: devices, users, policies, mail servers. Not who else may.",
			Rights: rightsBut(scope.AdminEdit, scope.RoleEdit, scope.SafetyEdit, scope.KeyRotate, scope.UserErase, scope.TokenAll, scope.UserPersonalRead,
				scope.DuressRead),
		},
		{
			ID: HelpDesk, Name: "Help desk", Words: "Helps the users of devices: sees them, locks and messages them, lets mail in. Wipes nothing.",
			Rights: []scope.Right{
				scope.DeviceRead, scope.DeviceEdit, scope.DeviceAccess, scope.DeviceLock, scope.DeviceMessage, scope.DeviceLog,
				scope.DeviceRefresh, scope.DeviceReboot, scope.DeviceEnrol, scope.LogSyncRead, scope.InventoryRead, scope.GroupRead,
				scope.UserRead, scope.PolicyRead, scope.CommandRead, scope.CommandCancel, scope.AccessRead, scope.ComplianceRead, scope.TokenOwn,
			},
		},
		{
			ID: SecurityOfficer, Name: "Security officer", Words: "Answers for lost devices and open doors: wipes, approves, switches services, reads the audit log.",
			Rights: with(scope.DeviceAccess, scope.DeviceLock, scope.DeviceWipeAccount, scope.DeviceWipeCard, scope.DeviceWipeFull,
				scope.CommandCancel, scope.ApprovalDecide, scope.ServiceEdit, scope.AccessEdit, scope.AuditRead, scope.AuditVerify,
				scope.AdminRead, scope.RoleRead, scope.LogServerRead, scope.LogSyncRead, scope.SecurityRead, scope.TokenOwn, scope.DeviceClearPasscode,
				scope.DeviceLocate, scope.DeviceLog, scope.DeviceRefresh, scope.DeviceAccounts, scope.DeviceReboot, scope.DeviceEnrol, scope.RegistrationEdit, scope.DuressRead, scope.PrivacyEdit, scope.ComplianceEdit),
		},
		{
			ID: Auditor, Name: "Auditor", Words: "Sees everything but personal data, changes nothing.",
			Rights: with(scope.AuditRead, scope.AuditVerify, scope.AdminRead, scope.RoleRead, scope.LogServerRead, scope.SecurityRead),
		},
	}
}

func rightsBut(not ...scope.Right) []scope.Right {
	var out []scope.Right
	for _, d := range scope.Catalogue() {
		if !slices.Contains(not, d.Right) {
			out = append(out, d.Right)
		}
	}
	return out
}

// Prepare writes the built-in roles as this program knows them. Call it at start.
func (s *Store) Prepare(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, r := range builtins() {
			rights, err := json.Marshal(r.Rights)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO admin_role (id, name, folded, words, rights, builtin, version)
				VALUES ($1, $2, $3, $4, $5, TRUE, 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name, words = excluded.words,
				rights = excluded.rights`, r.ID, r.Name, sqldb.Fold(r.Name), r.Words, string(rights))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const selectRole = "SELECT id, name, words, rights, builtin, version FROM admin_role"

func scanRole(r sqldb.Row) (Role, error) {
	var x Role
	var rights string
	if err := r.Scan(&x.ID, &x.Name, &x.Words, &rights, &x.Builtin, &x.Version); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(rights), &x.Rights)
}

// Roles lists every role, the built-in ones first.
func (s *Store) Roles(ctx context.Context, c scope.Caller) ([]Role, error) {
	if err := c.Require(scope.RoleRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanRole, selectRole+" ORDER BY builtin DESC, name, id LIMIT 1000")
}

func role(ctx context.Context, q sqldb.Querier, id string) (Role, error) {
	r, err := sqldb.One(ctx, q, scanRole, selectRole+" WHERE id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return r, problem.New(problem.NotFound, "role.unknown", "There is no such role.").WithField("role")
	}
	return r, err
}

const maxWords = 300

func (r Role) check() error {
	if !printable(r.Name, maxName) {
		return problem.Newf(problem.Invalid, "role.name", badName, maxName).WithField("name")
	}
	if sqldb.Clean(r.Words, maxWords) != r.Words {
		return problem.Newf(problem.Invalid, "role.words", "A role is described in up to %d bytes.", maxWords).WithField("words")
	}
	for _, x := range r.Rights {
		if !scope.Known(x) {
			return problem.New(problem.Invalid, "role.right", "One of these rights does not exist: see the list of rights.").WithField("rights")
		}
	}
	return nil
}

// SaveRole makes a role (with an empty id) or changes an own one; a change takes the quorum, since it changes what
// people may do. A new role is held by nobody and needs none.
func (s *Store) SaveRole(ctx context.Context, c scope.Caller, r Role) (saved Role, a safety.Approval, err error) {
	if err := c.Require(scope.RoleEdit); err != nil {
		return r, a, err
	}
	if err := r.check(); err != nil {
		return r, a, err
	}
	slices.Sort(r.Rights)
	r.Rights = slices.Compact(r.Rights)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if r.ID == "" {
			r.ID, r.Version = sqldb.NewID(), 1
			a = safety.Approval{State: safety.Approved}
			return s.writeRole(ctx, tx, c, r, nil)
		}
		old, err := role(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if old.Builtin {
			return problem.New(problem.Conflict, "role.builtin", "A built-in role cannot be changed: make one of your own.")
		}
		if old.Version != r.Version {
			return problem.New(problem.Precondition, "role.changed", "This role has been changed in the meantime: look at it again.")
		}
		a, err = s.safety.Order(ctx, tx, c, safety.Ask{
			Class: safety.RoleChange, Kind: kindRole, Subject: r.ID, Payload: r, Words: changeOf(old, r),
		})
		return err
	})
	return r, a, err
}

// changeOf tells the approvers what the holders of a role will gain and lose.
func changeOf(old, next Role) string {
	words := "Change the role " + old.Name
	if next.Name != old.Name {
		words += ", from now on called " + next.Name
	}
	if more := without(next.Rights, old.Rights); len(more) > 0 {
		words += "; it gains " + listed(more)
	}
	if less := without(old.Rights, next.Rights); len(less) > 0 {
		words += "; it loses " + listed(less)
	}
	return words
}

func listed(rights []scope.Right) string {
	words := make([]string, len(rights))
	for i, r := range rights {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

func (s *Store) writeRole(ctx context.Context, tx *sqldb.Tx, c scope.Caller, r Role, before any) error {
	rights, err := json.Marshal(r.Rights)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO admin_role (id, name, folded, words, rights, builtin, version)
		VALUES ($1, $2, $3, $4, $5, FALSE, 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded,
		words = excluded.words, rights = excluded.rights, version = admin_role.version + 1`,
		r.ID, r.Name, sqldb.Fold(r.Name), r.Words, string(rights))
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "role.name", "There is a role of this name already.").WithField("name")
	}
	if err != nil {
		return err
	}
	err = s.log.Append(ctx, tx, audit.Record{
		Action: "role.changed", Caller: c, Subject: audit.Subject{Kind: "role", ID: r.ID}, Before: before, After: map[string]any{"rights": r.Rights},
	})
	if err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

// RemoveRole removes an own role that nobody has.
func (s *Store) RemoveRole(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.RoleEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := role(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.Builtin {
			return problem.New(problem.Conflict, "role.builtin", "A built-in role cannot be removed.")
		}
		if _, err := tx.Exec(ctx, "DELETE FROM admin_role WHERE id = $1", id); errors.Is(err, sqldb.ErrForeign) {
			return problem.New(problem.Conflict, "role.held", "Somebody has this role: take it from them first.")
		} else if err != nil {
			return err
		}
		return s.log.Append(ctx, tx, audit.Record{Action: "role.removed", Caller: c, Subject: audit.Subject{Kind: "role", ID: id}})
	})
}
