-- Files that computers send, from the first chunk until what is in them has been taken into the zone.
CREATE TABLE spool_file (
	id       TEXT PRIMARY KEY,
	device   TEXT NOT NULL REFERENCES device (id),
	owner    TEXT NOT NULL, -- whose key seals it
	upload   TEXT NOT NULL, -- the device's own name for it
	kind     TEXT NOT NULL CHECK (kind IN ('log', 'inventory', 'audit', 'message')),
	command  TEXT NOT NULL, -- that it answers, or empty
	media    TEXT NOT NULL,
	size     BIGINT NOT NULL,
	sha256   TEXT NOT NULL,
	server   TEXT NOT NULL, -- that holds it
	received BIGINT NOT NULL,
	state    TEXT NOT NULL CHECK (state IN ('receiving', 'waiting', 'imported', 'aside')),
	tries    BIGINT NOT NULL,
	due      BIGINT NOT NULL,
	reason   TEXT NOT NULL,
	begun    BIGINT NOT NULL,
	changed  BIGINT NOT NULL,
	UNIQUE (device, upload)
);
CREATE INDEX spool_file_state ON spool_file (state, server, due);
CREATE INDEX spool_file_age ON spool_file (state, changed, id);

CREATE TABLE spool_piece (
	file   TEXT NOT NULL REFERENCES spool_file (id),
	start  BIGINT NOT NULL,
	size   BIGINT NOT NULL,
	blob   TEXT NOT NULL UNIQUE,
	PRIMARY KEY (file, start)
);

-- What the agents of computers say of themselves.
CREATE TABLE agent_event (
	id          TEXT PRIMARY KEY,
	device      TEXT NOT NULL REFERENCES device (id),
	at          BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	kind        TEXT NOT NULL CHECK (kind IN ('start', 'stop', 'message')),
	level       TEXT NOT NULL CHECK (level IN ('info', 'warn', 'error')),
	words       TEXT NOT NULL
);
CREATE INDEX agent_event_device ON agent_event (device, at, id);
CREATE INDEX agent_event_at ON agent_event (at, id);
CREATE INDEX agent_event_age ON agent_event (received_at, id);
