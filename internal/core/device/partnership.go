package device

import (
	"context"
	"encoding/json"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Partnership is what a device and the gateway have agreed on (MS-ASPROV section 3.2.5.1). A key holds for one policy
// revision and one protocol version; 0 is no key.
type Partnership struct {
	TempKey      uint32 // good for acknowledging alone
	TempRevision string // of the policy that was sent with it
	TempProtocol string
	TempAt       time.Time

	Key      uint32 // the last final key; kept when a newer policy asks for a new one
	Revision string // of the policy that was acknowledged with it
	Protocol string

	ClientStatus   int             // the policy status of the last acknowledgement, 0 for none
	UpstreamKey    string          // what the mail server's own provisioning gave, or ""
	UpstreamPolicy json.RawMessage // the settings of the mail server's own policy; nil where it has none
	Provisioned    time.Time
	Refresh        time.Time       // when a new acknowledgement is due; zero for never
	Reprovisions   int             // since the revision or the protocol last changed: rising numbers show a loop
	Sent           json.RawMessage // the settings that went with TempKey
	SentAt         time.Time
	Acknowledged   json.RawMessage // the settings of the last acknowledgement
	AcknowledgedAt time.Time

	Version int64
}

// Holds tells whether key is the final key for this policy revision and protocol version.
func (p Partnership) Holds(key uint32, revision, protocol string) bool {
	return key != 0 && key == p.Key && revision == p.Revision && protocol == p.Protocol
}

const (
	partnershipColumns = `p.temp_key, p.temp_revision, p.temp_protocol, p.temp_at, p.final_key, p.revision, p.protocol,
	p.client_status, p.upstream_key, p.upstream_policy, p.provisioned_at, p.refresh_at, p.reprovisions, p.sent, p.sent_at, p.acknowledged,
	p.acknowledged_at, p.version`
	maxSettings = 64 << 10
	// maxUpstreamKey is what MS-ASPROV section 2.2.2.42 allows.
	maxUpstreamKey = 64
)

// partnershipRow is a partnership as the database keeps it.
type partnershipRow struct {
	p                                                    Partnership
	tempAt, provisioned, refresh, sentAt, acknowledgedAt int64
	sent, acknowledged, upstreamPolicy                   string
}

func (r *partnershipRow) targets() []any {
	return []any{
		&r.p.TempKey, &r.p.TempRevision, &r.p.TempProtocol, &r.tempAt, &r.p.Key, &r.p.Revision, &r.p.Protocol,
		&r.p.ClientStatus, &r.p.UpstreamKey, &r.upstreamPolicy, &r.provisioned, &r.refresh, &r.p.Reprovisions, &r.sent, &r.sentAt,
		&r.acknowledged, &r.acknowledgedAt, &r.p.Version,
	}
}

func (r *partnershipRow) partnership() Partnership {
	p := r.p
	p.TempAt, p.Provisioned, p.Refresh = sqldb.Time(r.tempAt), sqldb.Time(r.provisioned), sqldb.Time(r.refresh)
	p.SentAt, p.AcknowledgedAt = sqldb.Time(r.sentAt), sqldb.Time(r.acknowledgedAt)
	p.Sent, p.Acknowledged = json.RawMessage(r.sent), json.RawMessage(r.acknowledged)
	if r.upstreamPolicy != "" {
		p.UpstreamPolicy = json.RawMessage(r.upstreamPolicy)
	}
	return p
}

func (p *Partnership) check() error {
	for _, j := range []*json.RawMessage{&p.Sent, &p.Acknowledged} {
		if len(*j) == 0 {
			*j = json.RawMessage("{}")
		}
		if len(*j) > maxSettings || !json.Valid(*j) {
			return problem.New(problem.Internal, "partnership.settings", "The settings of a partnership are no JSON of at most 64 KiB.")
		}
	}
	if len(p.UpstreamKey) > maxUpstreamKey || len(p.UpstreamPolicy) > maxSettings {
		return problem.New(problem.Unavailable, "upstream.key", "The mail server has sent a policy that is too long.")
	}
	return nil
}

// SavePartnership writes what device and gateway have agreed on, together with the state of policy that follows, and
// returns it with its new version. It is durable on return. A problem of kind Conflict when another request of the device
// has changed it since it was read: read it again with [Store.Fresh]. A pending device becomes active once it has a final
// key, or when no policy is meant for it.
func (s *Store) SavePartnership(ctx context.Context, c scope.Caller, id string, p Partnership, state PolicyState) (Known, error) {
	if err := gateway(c, id); err != nil {
		return Known{}, err
	}
	if err := p.check(); err != nil {
		return Known{}, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.savePartnership(ctx, tx, id, p, state) })
	if err != nil {
		return Known{}, err
	}
	return s.freshByID(ctx, id)
}

func (s *Store) savePartnership(ctx context.Context, tx *sqldb.Tx, id string, p Partnership, state PolicyState) error {
	n, err := tx.Exec(ctx, `UPDATE partnership SET temp_key = $1, temp_revision = $2, temp_protocol = $3, temp_at = $4,
		final_key = $5, revision = $6, protocol = $7, client_status = $8, upstream_key = $9, provisioned_at = $10,
		refresh_at = $11, reprovisions = $12, sent = $13, sent_at = $14, acknowledged = $15, acknowledged_at = $16,
		upstream_policy = $17, version = version + 1 WHERE device = $18 AND version = $19`,
		p.TempKey, p.TempRevision, p.TempProtocol, sqldb.Micros(p.TempAt), p.Key, p.Revision, p.Protocol, p.ClientStatus,
		p.UpstreamKey, sqldb.Micros(p.Provisioned), sqldb.Micros(p.Refresh), p.Reprovisions, string(p.Sent),
		sqldb.Micros(p.SentAt), string(p.Acknowledged), sqldb.Micros(p.AcknowledgedAt), string(p.UpstreamPolicy), id, p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.Conflict, "partnership.changed", "Another request of this device came between: try again.")
	}
	active := p.Key != 0 || state == PolicyNone
	n, err = tx.Exec(ctx, `UPDATE device SET policy_state = $1,
		state = CASE WHEN state = 'pending' AND $2 THEN 'active' ELSE state END, version = version + 1
		WHERE id = $3 AND (policy_state <> $4 OR state = 'pending')`, string(state), active, id, string(state))
	if err == nil && n > 0 {
		s.tell(tx, id)
	}
	return err
}

// reset takes the keys away, so that the device must provision anew.
func resetPartnership(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE partnership SET temp_key = 0, temp_revision = '', temp_protocol = '', temp_at = 0,
		final_key = 0, revision = '', protocol = '', client_status = 0, upstream_key = '', upstream_policy = '', provisioned_at = 0, refresh_at = 0,
		reprovisions = 0, sent = '{}', sent_at = 0, acknowledged = '{}', acknowledged_at = 0, version = version + 1
		WHERE device = $1`, id)
	return err
}

// SetPolicyState notes how far devices are with their policy, in the transaction of what changed it. At most 1,000.
func (s *Store) SetPolicyState(ctx context.Context, tx *sqldb.Tx, c scope.Caller, state PolicyState, ids ...string) error {
	if c.Kind != scope.Internal {
		return notTheGateway
	}
	var a sqldb.Args
	set := a.Add(string(state))
	_, err := tx.Exec(ctx, "UPDATE device SET policy_state = "+set+", version = version + 1 WHERE id IN "+a.In(ids...)+
		" AND policy_state <> "+a.Add(string(state)), a.List()...)
	return err
}
