-- The zone: its settings, the revision that every cached decision carries, and the servers that run it.
CREATE TABLE zone_setting (
	name    TEXT PRIMARY KEY,
	value   JSONB NOT NULL,
	version BIGINT NOT NULL
);

-- One row, read once a second by every server. people is the revision at which a single user or device last changed.
CREATE TABLE zone_revision (
	one      BIGINT PRIMARY KEY CHECK (one = 1),
	revision BIGINT NOT NULL,
	people   BIGINT NOT NULL
);

INSERT INTO zone_revision (one, revision, people) VALUES (1, 1, 1);

-- Work that one server at a time does for all.
CREATE TABLE lease (
	name    TEXT PRIMARY KEY,
	holder  TEXT NOT NULL,
	expires BIGINT NOT NULL
);
