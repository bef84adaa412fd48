-- Who may reach mail: rules in their order, and what is said of single devices before them.
CREATE TABLE access_rule (
	id         TEXT PRIMARY KEY,
	position   BIGINT NOT NULL,
	name       TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind IN ('any', 'platform', 'model', 'os', 'agent', 'user', 'user-group', 'device-group', 'device')),
	pattern    TEXT NOT NULL,
	action     TEXT NOT NULL CHECK (action IN ('allow', 'block', 'quarantine')),
	note       TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	version    BIGINT NOT NULL
);

CREATE TABLE access_override (
	device     TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
	action     TEXT NOT NULL CHECK (action IN ('allow', 'block', 'quarantine')),
	note       TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	set_at     BIGINT NOT NULL
);
