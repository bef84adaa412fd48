-- The keys that sign what the zone tells the agents of computers. One signs; the next is named to every agent beforehand, so
-- that whoever was away while the keys changed still knows it; one that signed before is named until what it signed is over.
CREATE TABLE agent_signing_key (
	id         TEXT PRIMARY KEY,
	public_key BYTEA NOT NULL,
	sealed     BYTEA NOT NULL,
	state      TEXT NOT NULL CHECK (state IN ('next', 'signs', 'signed', 'ended')),
	created    BIGINT NOT NULL,
	changed    BIGINT NOT NULL
);
CREATE UNIQUE INDEX agent_signing_key_one ON agent_signing_key (state) WHERE state IN ('next', 'signs');

-- What lets computers register: as many as it has uses, until it expires. Only a hash is kept. The platforms stand in one
-- text with spaces between them; none is all. One with a device is the one-time code of a computer that was approved and
-- entered beforehand.
CREATE TABLE computer_key (
	id        TEXT PRIMARY KEY,
	key_hash  BYTEA NOT NULL UNIQUE,
	name      TEXT NOT NULL,
	platforms TEXT NOT NULL,
	place     JSONB NOT NULL,
	device    TEXT NOT NULL,
	uses      BIGINT NOT NULL,
	used      BIGINT NOT NULL,
	by_kind   TEXT NOT NULL,
	by_whom   TEXT NOT NULL,
	created   BIGINT NOT NULL,
	expires   BIGINT NOT NULL,
	ended     BIGINT NOT NULL,
	CHECK (used <= uses)
);
CREATE INDEX computer_key_device ON computer_key (device, id);
