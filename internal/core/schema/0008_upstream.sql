-- Mail servers. They hold no secret: credentials pass through and are never kept.
CREATE TABLE upstream (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	folded     TEXT NOT NULL UNIQUE,
	position   BIGINT NOT NULL,
	config     JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	checked_at BIGINT NOT NULL,
	check_ok   BOOLEAN NOT NULL,
	check_said TEXT NOT NULL,
	version    BIGINT NOT NULL
);

-- Which users and groups go to which server, against what their mail domain says.
CREATE TABLE upstream_assignment (
	kind     TEXT NOT NULL CHECK (kind IN ('user', 'group')),
	target   TEXT NOT NULL,
	upstream TEXT NOT NULL REFERENCES upstream (id) ON DELETE CASCADE,
	PRIMARY KEY (kind, target)
);
CREATE INDEX upstream_assignment_upstream ON upstream_assignment (upstream);
