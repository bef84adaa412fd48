-- Administrators, what they may do, how they prove who they are.
CREATE TABLE admin_role (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	folded  TEXT NOT NULL UNIQUE,
	words   TEXT NOT NULL,
	rights  TEXT NOT NULL,
	builtin BOOLEAN NOT NULL,
	version BIGINT NOT NULL
);

CREATE TABLE admin (
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	folded      TEXT NOT NULL UNIQUE,
	mail        TEXT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('awaiting', 'invited', 'active', 'disabled')),
	password_hash BYTEA,
	totp_secret BYTEA,
	totp_step   BIGINT NOT NULL,
	-- Since when nothing about who this is has changed; 0 for those made while no device was enrolled.
	established BIGINT NOT NULL,
	created     BIGINT NOT NULL,
	-- The directory that proves who this is, the entry there, and when the directory last confirmed it; '' for Drover itself.
	source      TEXT NOT NULL DEFAULT '',
	entry       TEXT NOT NULL DEFAULT '',
	confirmed   BIGINT NOT NULL DEFAULT 0,
	version     BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_entry ON admin (source, entry) WHERE source <> '';

-- A role in force, over the whole zone or over device groups.
CREATE TABLE admin_grant (
	id      TEXT PRIMARY KEY,
	admin   TEXT NOT NULL REFERENCES admin (id),
	role    TEXT NOT NULL REFERENCES admin_role (id),
	limited BOOLEAN NOT NULL
);
CREATE INDEX admin_grant_admin ON admin_grant (admin);

CREATE TABLE admin_grant_group (
	admin_grant  TEXT NOT NULL REFERENCES admin_grant (id) ON DELETE CASCADE,
	device_group TEXT NOT NULL,
	PRIMARY KEY (admin_grant, device_group)
);

CREATE TABLE admin_passkey (
	id         TEXT PRIMARY KEY,
	admin      TEXT NOT NULL REFERENCES admin (id),
	name       TEXT NOT NULL,
	credential BYTEA NOT NULL,
	handle     BYTEA NOT NULL UNIQUE,
	created    BIGINT NOT NULL,
	used       BIGINT NOT NULL
);
CREATE INDEX admin_passkey_admin ON admin_passkey (admin);

-- A passkey's question that waits for its answer.
CREATE TABLE admin_ceremony (
	id      TEXT PRIMARY KEY,
	admin   TEXT NOT NULL,
	purpose TEXT NOT NULL,
	data    BYTEA NOT NULL,
	expires BIGINT NOT NULL
);

-- One-time links: the zone's first administrator ('' as admin), and new or reset ones.
CREATE TABLE admin_invitation (
	token_hash BYTEA PRIMARY KEY,
	admin      TEXT NOT NULL,
	expires    BIGINT NOT NULL
);

CREATE TABLE admin_session (
	id         TEXT PRIMARY KEY,
	token_hash BYTEA NOT NULL UNIQUE,
	admin      TEXT NOT NULL REFERENCES admin (id),
	state      TEXT NOT NULL CHECK (state IN ('second-factor', 'enrol-factor', 'ready')),
	address    TEXT NOT NULL,
	agent      TEXT NOT NULL,
	created    BIGINT NOT NULL,
	seen       BIGINT NOT NULL,
	proven     BIGINT NOT NULL,
	expires    BIGINT NOT NULL
);
CREATE INDEX admin_session_admin ON admin_session (admin);

CREATE TABLE admin_token (
	id         TEXT PRIMARY KEY,
	token_hash BYTEA NOT NULL UNIQUE,
	admin      TEXT NOT NULL REFERENCES admin (id),
	label      TEXT NOT NULL,
	rights     TEXT NOT NULL,
	state      TEXT NOT NULL CHECK (state IN ('awaiting', 'active', 'ended')),
	created    BIGINT NOT NULL,
	expires    BIGINT NOT NULL,
	used       BIGINT NOT NULL
);
CREATE INDEX admin_token_admin ON admin_token (admin);

-- Failed logins by account and address, by account, and by address; and where accounts are known (origin is a mark of the
-- address then, and 0 otherwise). Package throttle says more.
CREATE TABLE admin_failure (
	name    TEXT PRIMARY KEY,
	failed  BIGINT NOT NULL,
	last    BIGINT NOT NULL,
	origin  BIGINT NOT NULL
);
CREATE INDEX admin_failure_last ON admin_failure (last);

-- Requests that carried an Idempotency-Key, for a day. The id is a hash of caller, operation and key; the answer is sealed,
-- since it may hold a secret that is shown once, and NULL while the request is under way.
CREATE TABLE admin_repeat (
	id     TEXT PRIMARY KEY,
	admin  TEXT NOT NULL,
	at     BIGINT NOT NULL,
	answer BYTEA
);
CREATE INDEX admin_repeat_admin ON admin_repeat (admin, at);
CREATE INDEX admin_repeat_at ON admin_repeat (at);
