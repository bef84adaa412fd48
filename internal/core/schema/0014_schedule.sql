-- When devices connect for news. A target has one schedule; the default's target is empty.
CREATE TABLE schedule (
	id       TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	name_key TEXT NOT NULL UNIQUE,
	content  JSONB NOT NULL,
	changed  BIGINT NOT NULL,
	version  BIGINT NOT NULL
);

CREATE TABLE schedule_assignment (
	kind     TEXT NOT NULL CHECK (kind IN ('device', 'user', 'group', 'default')),
	target   TEXT NOT NULL,
	schedule TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
	priority BIGINT NOT NULL,
	PRIMARY KEY (kind, target)
);
CREATE INDEX schedule_assignment_schedule ON schedule_assignment (schedule, kind, target);
