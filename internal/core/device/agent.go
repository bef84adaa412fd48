package device

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
)

// AgentState notes, in the transaction of what tells it, how far a computer with our own agent is with its policy. One that
// was pending is in use from its first word on.
func (s *Store) AgentState(ctx context.Context, tx *sqldb.Tx, id string, state PolicyState) error {
	n, err := tx.Exec(ctx, `UPDATE device SET policy_state = $1, version = version + 1,
		state = CASE WHEN state = 'pending' AND $2 THEN 'active' ELSE state END
		WHERE id = $3 AND (policy_state <> $4 OR (state = 'pending' AND $5))`, string(state), state != PolicySent, id, string(state), state != PolicySent)
	if err == nil && n > 0 {
		s.tell(tx, id)
	}
	return err
}

// CountAgents counts the computers with our own agent that are in use and lie in any of the groups; in none, all of the zone.
// For Drover itself.
func (s *Store) CountAgents(ctx context.Context, q sqldb.Querier, groups []string) (int, error) {
	var a sqldb.Args
	text := "SELECT count(*) FROM device d WHERE d.state IN ('active', 'pending') AND d.platform IN " +
		a.In(string(platform.LinuxAgent), string(platform.WindowsAgent), string(platform.MacOSAgent))
	if len(groups) > 0 {
		text += " AND EXISTS (SELECT 1 FROM device_group_member m WHERE m.device = d.id AND m.device_group IN " + a.In(groups...) + ")"
	}
	return sqldb.One(ctx, q, sqldb.Scan1[int], text, a.List()...)
}
