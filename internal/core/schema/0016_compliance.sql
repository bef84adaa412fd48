-- What devices must be, and what follows when they are not.
CREATE TABLE compliance_rule (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	enabled BOOLEAN NOT NULL,
	rule    JSONB NOT NULL,
	version BIGINT NOT NULL
);

-- One row for each rule that a device breaks now, from its first moment on. Why it breaks it is kept nowhere: the rule says it
-- anew of what the device is whenever it is asked.
CREATE TABLE compliance_breach (
	device        TEXT NOT NULL REFERENCES device (id),
	rule          TEXT NOT NULL REFERENCES compliance_rule (id),
	owner         TEXT NOT NULL,
	unknown       BOOLEAN NOT NULL,
	since         BIGINT NOT NULL,
	told_at       BIGINT NOT NULL,
	restricted_at BIGINT NOT NULL,
	access        TEXT NOT NULL CHECK (access IN ('', 'block', 'quarantine')),
	wiped_at      BIGINT NOT NULL,
	mark          TEXT NOT NULL CHECK (mark IN ('', 'stale', 'lost')),
	PRIMARY KEY (device, rule)
);
CREATE INDEX compliance_breach_rule ON compliance_breach (rule, device);
CREATE INDEX compliance_breach_restricted ON compliance_breach (restricted_at, device);

-- Computers that rules have put into quarantine, and the folder to which they go back ('' for the topmost).
CREATE TABLE compliance_isolated (
	device TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
	folder TEXT NOT NULL
);

-- Who need not keep a rule ('' for all of them), why, sealed under the owner's key, and until when.
CREATE TABLE compliance_waiver (
	id         TEXT PRIMARY KEY,
	device     TEXT NOT NULL REFERENCES device (id),
	owner      TEXT NOT NULL,
	rule       TEXT NOT NULL,
	reason     BYTEA NOT NULL,
	until      BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL
);
CREATE INDEX compliance_waiver_device ON compliance_waiver (device, until);

-- Whether a device was last within the area of a rule. The position itself is not kept for it.
CREATE TABLE compliance_place (
	device TEXT NOT NULL REFERENCES device (id),
	rule   TEXT NOT NULL REFERENCES compliance_rule (id) ON DELETE CASCADE,
	inside BOOLEAN NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (device, rule)
);

-- What the owners of devices are still to be told, by mail; the words are sealed under the owner's key.
CREATE TABLE compliance_notice (
	id         TEXT PRIMARY KEY,
	device     TEXT NOT NULL REFERENCES device (id),
	owner      TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind IN ('breach', 'restricted', 'restored', 'released')),
	words      BYTEA NOT NULL,
	tell_owner BOOLEAN NOT NULL,
	tell_staff BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	tries      BIGINT NOT NULL
);
