-- What was asked for at once, of one device or of thousands. Its commands are written in pieces, so that others write in
-- between; what is still to be written stands in command_piece, and is carried on by whichever server finds it.
CREATE TABLE command_batch (
	id             TEXT PRIMARY KEY,
	kind           TEXT NOT NULL,
	requester_kind TEXT NOT NULL,
	requester      TEXT NOT NULL,
	request_key    TEXT NOT NULL,
	digest         BYTEA NOT NULL, -- of the kind and the devices
	total          BIGINT NOT NULL,
	written        BIGINT NOT NULL,
	left_out       BIGINT NOT NULL,
	left_words     TEXT NOT NULL, -- the first of those that were left out, and why, as JSON
	reason         BYTEA, -- until all is written
	payload        BYTEA, -- the same
	created        BIGINT NOT NULL,
	changed        BIGINT NOT NULL,
	UNIQUE (requester, request_key)
);

CREATE TABLE command_piece (
	batch   TEXT NOT NULL REFERENCES command_batch (id),
	number  BIGINT NOT NULL,
	devices TEXT NOT NULL, -- JSON
	PRIMARY KEY (batch, number)
);

-- Orders to devices, one row for each device, and the steps each has gone through.
CREATE TABLE command (
	id          TEXT PRIMARY KEY,
	batch       TEXT NOT NULL REFERENCES command_batch (id),
	device      TEXT NOT NULL,
	owner       TEXT NOT NULL,
	kind        TEXT NOT NULL,
	destructive BOOLEAN NOT NULL,
	channel     TEXT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('awaiting', 'rejected', 'expired', 'delayed', 'queued', 'delivered',
		'acknowledged', 'done', 'failed', 'postponed', 'cancelled')),
	unproven    BOOLEAN NOT NULL,
	requester_kind TEXT NOT NULL,
	requester   TEXT NOT NULL,
	roles       TEXT NOT NULL,
	approval    TEXT NOT NULL,
	reason      BYTEA,
	payload     BYTEA,
	challenge   TEXT NOT NULL DEFAULT '',
	challenged  BIGINT NOT NULL DEFAULT 0,
	words       TEXT NOT NULL,
	created     BIGINT NOT NULL,
	not_before  BIGINT NOT NULL,
	expires     BIGINT NOT NULL,
	changed     BIGINT NOT NULL,
	told        BOOLEAN NOT NULL DEFAULT FALSE, -- the mail server that asked knows that it was carried out
	UNIQUE (batch, device)
);
CREATE INDEX command_device ON command (device, id);
CREATE INDEX command_owner ON command (owner, id);
CREATE INDEX command_state ON command (state, id);
CREATE INDEX command_approval ON command (approval);
-- A device has at most one open order of a kind: nothing is carried out twice.
CREATE UNIQUE INDEX command_open ON command (device, kind)
	WHERE state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed');

CREATE TABLE command_step (
	command TEXT NOT NULL REFERENCES command (id),
	number  BIGINT NOT NULL,
	state   TEXT NOT NULL,
	at      BIGINT NOT NULL,
	words   TEXT NOT NULL,
	PRIMARY KEY (command, number)
);
