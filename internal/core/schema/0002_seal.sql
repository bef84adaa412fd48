-- The keys that seal secret and personal fields. None of them opens without the key store, which is no part of the
-- database. Versions of the zone key; the highest wraps from now on, the others go when nothing needs them.
CREATE TABLE seal_zone_key (
	version     BIGINT PRIMARY KEY CHECK (version > 0),
	wrapped     BYTEA NOT NULL,
	check_value BYTEA NOT NULL,
	created_at  BIGINT NOT NULL,
	retired_at  BIGINT NOT NULL DEFAULT 0
);

-- The epochs ("2026-11") whose key is still there; idle_since is when the last live data key left it, 0 while one is in it.
CREATE TABLE seal_epoch (
	epoch      TEXT PRIMARY KEY,
	idle_since BIGINT NOT NULL DEFAULT 0
);

-- One row a data key: wrapped by the zone key, and for users by the key of an epoch around that.
CREATE TABLE seal_data_key (
	owner        TEXT NOT NULL,
	version      BIGINT NOT NULL CHECK (version > 0),
	zone_version BIGINT NOT NULL REFERENCES seal_zone_key (version),
	epoch        TEXT REFERENCES seal_epoch (epoch),
	wrapped      BYTEA NOT NULL,
	PRIMARY KEY (owner, version)
);
CREATE INDEX seal_data_key_epoch ON seal_data_key (epoch);
CREATE INDEX seal_data_key_zone ON seal_data_key (zone_version);

-- Whose key has been destroyed. The key store holds the same list, and outlives a restore.
CREATE TABLE seal_erasure (
	user_id   TEXT PRIMARY KEY,
	erased_at BIGINT NOT NULL
);
