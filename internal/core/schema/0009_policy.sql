-- Policy suites. A version is inserted once and never changed; a suite's newest version is in force.
CREATE TABLE policy_suite (
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	name_key    TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	version     BIGINT NOT NULL,
	created     BIGINT NOT NULL,
	changed     BIGINT NOT NULL,
	retired     BOOLEAN NOT NULL
);

CREATE TABLE policy_version (
	suite        TEXT NOT NULL REFERENCES policy_suite (id),
	number       BIGINT NOT NULL CHECK (number > 0),
	at           BIGINT NOT NULL,
	author       TEXT NOT NULL,
	comment      TEXT NOT NULL,
	rolled_back  BIGINT NOT NULL,
	content      JSONB NOT NULL,
	PRIMARY KEY (suite, number)
);

-- Whom a suite is for. The default's target is empty.
CREATE TABLE policy_assignment (
	kind     TEXT NOT NULL CHECK (kind IN ('device', 'user', 'group', 'default')),
	target   TEXT NOT NULL,
	suite    TEXT NOT NULL REFERENCES policy_suite (id),
	priority BIGINT NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (kind, target)
);
CREATE INDEX policy_assignment_suite ON policy_assignment (suite, kind, target);

-- One row that rises with every change of the tables above, so that servers load them again only then.
CREATE TABLE policy_revision (
	one      BIGINT PRIMARY KEY CHECK (one = 1),
	revision BIGINT NOT NULL
);

INSERT INTO policy_revision (one, revision) VALUES (1, 1);
