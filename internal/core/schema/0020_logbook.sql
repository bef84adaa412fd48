-- What devices have synchronised, while the zone keeps that. Facts about the exchange alone.
CREATE TABLE sync_log (
	id       TEXT PRIMARY KEY,
	at       BIGINT NOT NULL,
	device   TEXT NOT NULL,
	owner    TEXT NOT NULL,
	channel  TEXT NOT NULL CHECK (channel IN ('activesync', 'companion')),
	command  TEXT NOT NULL,
	outcome  TEXT NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
	reason   TEXT NOT NULL,
	status   BIGINT NOT NULL,
	duration BIGINT NOT NULL,
	received BIGINT NOT NULL,
	sent     BIGINT NOT NULL
);
CREATE INDEX sync_log_at ON sync_log (at, id);
CREATE INDEX sync_log_device ON sync_log (device, at, id);
CREATE INDEX sync_log_owner ON sync_log (owner, at, id);
