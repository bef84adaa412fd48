-- How computers that register are judged and placed. Conditions and places are JSON: they are read whole or not at all.
CREATE TABLE registration_rule (
	id         TEXT PRIMARY KEY,
	position   BIGINT NOT NULL,
	name       TEXT NOT NULL,
	enabled    BOOLEAN NOT NULL,
	conditions JSONB NOT NULL,
	verdict    TEXT NOT NULL CHECK (verdict IN ('admit', 'quarantine', 'review', 'refuse')),
	place      JSONB NOT NULL,
	note       TEXT NOT NULL,
	version    BIGINT NOT NULL
);

-- How far the numbers in names have counted, by template.
CREATE TABLE registration_number (
	template TEXT PRIMARY KEY,
	last     BIGINT NOT NULL
);

-- By what a computer that registers anew is recognised. It proves nothing: an administrator decides.
CREATE TABLE computer_identity (
	device TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	kind   TEXT NOT NULL CHECK (kind IN ('serial', 'uuid', 'machine', 'mac')),
	value  TEXT NOT NULL,
	PRIMARY KEY (device, kind, value)
);
CREATE INDEX computer_identity_value ON computer_identity (kind, value, device);

-- Computers over which an administrator decides first, known by the key that they have made themselves. What was decided
-- counts when the computer asks again.
CREATE TABLE registration_review (
	id        TEXT PRIMARY KEY,
	own_key   TEXT NOT NULL UNIQUE,
	shown_key TEXT NOT NULL,
	why       TEXT NOT NULL CHECK (why IN ('rule', 'again', 'cloned', 'several', 'approved', 'differs', 'moved')),
	rule      TEXT NOT NULL,
	facts     JSONB NOT NULL,
	addr      TEXT NOT NULL,
	matches   JSONB NOT NULL,
	state     TEXT NOT NULL CHECK (state IN ('open', 'same', 'new', 'refused', 'done')),
	device    TEXT NOT NULL,
	folder    TEXT NOT NULL,
	by_kind   TEXT NOT NULL,
	by_whom   TEXT NOT NULL,
	created   BIGINT NOT NULL,
	asked     BIGINT NOT NULL,
	decided   BIGINT NOT NULL,
	told      BIGINT NOT NULL -- when administrators were written to; 0 when not yet
);
CREATE INDEX registration_review_state ON registration_review (state, id);
CREATE INDEX registration_review_created ON registration_review (created);
