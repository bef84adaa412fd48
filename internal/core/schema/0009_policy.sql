-- Policy suites. A version is inserted once and never changed; the suite says which of them is in force.
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

-- The roll-out of a version that is not in force for all yet: first for the devices of some groups and for a share of the
-- others, in ten-thousandths, which rises by a step each so many microseconds unless it is paused.
CREATE TABLE policy_rollout (
	suite      TEXT PRIMARY KEY REFERENCES policy_suite (id),
	version    BIGINT NOT NULL,
	share      BIGINT NOT NULL CHECK (share BETWEEN 0 AND 10000),
	step       BIGINT NOT NULL,
	every      BIGINT NOT NULL,
	due        BIGINT NOT NULL,
	groups     JSONB NOT NULL,
	paused     BOOLEAN NOT NULL,
	author     TEXT NOT NULL,
	started    BIGINT NOT NULL,
	changed    BIGINT NOT NULL,
	FOREIGN KEY (suite, version) REFERENCES policy_version (suite, number)
);

-- One row that rises with every change of the tables above, so that servers load them again only then.
CREATE TABLE policy_revision (
	one      BIGINT PRIMARY KEY CHECK (one = 1),
	revision BIGINT NOT NULL
);

INSERT INTO policy_revision (one, revision) VALUES (1, 1);
