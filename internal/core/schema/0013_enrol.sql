-- How devices with a key of their own come into the zone. The key is made on the device and certified by the zone; a
-- device has one good key at most. One that is ending may still report the wipe that ended it.
CREATE TABLE device_key (
	id          TEXT PRIMARY KEY,
	device      TEXT NOT NULL REFERENCES device (id),
	owner       TEXT NOT NULL,
	public_key  BYTEA NOT NULL,
	certificate BYTEA NOT NULL,
	serial      TEXT NOT NULL,
	channel     TEXT NOT NULL CHECK (channel IN ('companion', 'agent')),
	via         TEXT NOT NULL CHECK (via IN ('invitation', 'password', 'renewal', 'authorization', 'approval')),
	state       TEXT NOT NULL CHECK (state IN ('good', 'ending', 'ended')),
	because     TEXT NOT NULL,
	created     BIGINT NOT NULL,
	expires     BIGINT NOT NULL,
	ended       BIGINT NOT NULL,
	owned       BIGINT NOT NULL DEFAULT 0 -- when the device was given to the owner; 0 for from the first
);
CREATE INDEX device_key_device ON device_key (device, created);
CREATE INDEX device_key_owner ON device_key (owner, created);
CREATE UNIQUE INDEX device_key_good ON device_key (device) WHERE state = 'good';

-- An invitation lets one user enrol some devices. Only a hash of its token is kept.
CREATE TABLE enrol_invitation (
	id           TEXT PRIMARY KEY,
	token_hash   BYTEA NOT NULL UNIQUE,
	owner        TEXT NOT NULL REFERENCES end_user (id),
	liability    TEXT NOT NULL CHECK (liability IN ('corporate', 'personal')),
	uses         BIGINT NOT NULL,
	used         BIGINT NOT NULL,
	by_kind      TEXT NOT NULL,
	by_whom      TEXT NOT NULL,
	created      BIGINT NOT NULL,
	expires      BIGINT NOT NULL,
	ended        BIGINT NOT NULL,
	CHECK (used <= uses)
);
CREATE INDEX enrol_invitation_owner ON enrol_invitation (owner, id);

-- What users agree to when they enrol. A text is never changed, only followed by another.
CREATE TABLE enrol_terms (
	version BIGINT PRIMARY KEY,
	text    TEXT NOT NULL,
	created BIGINT NOT NULL
);

-- Who has agreed to which text, with which device.
CREATE TABLE enrol_consent (
	device TEXT NOT NULL REFERENCES device (id),
	owner  TEXT NOT NULL,
	terms  BIGINT NOT NULL REFERENCES enrol_terms (version),
	at     BIGINT NOT NULL,
	PRIMARY KEY (device, owner, terms)
);
CREATE INDEX enrol_consent_owner ON enrol_consent (owner, at);

-- Failed tries to enrol by address, as admin_failure.
CREATE TABLE enrol_failure (
	name   TEXT PRIMARY KEY,
	failed BIGINT NOT NULL,
	last   BIGINT NOT NULL,
	origin BIGINT NOT NULL
);
CREATE INDEX enrol_failure_last ON enrol_failure (last);

-- What a device and its companion application have told each other last. The times are those of the device's signatures,
-- in seconds, and only ever rise: what is repeated later changes nothing.
CREATE TABLE device_companion (
	device      TEXT PRIMARY KEY REFERENCES device (id),
	app         TEXT NOT NULL,
	sent        TEXT NOT NULL,
	sent_at     BIGINT NOT NULL,
	reported    TEXT NOT NULL,
	settings    JSONB NOT NULL,
	reported_at BIGINT NOT NULL,
	report_made BIGINT NOT NULL,
	posture     JSONB NOT NULL,
	posture_at  BIGINT NOT NULL,
	posture_made BIGINT NOT NULL
);
