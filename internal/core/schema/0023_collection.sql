-- By what the inventory agents of others prove whose inventory they tell: a token for each device. Only a hash is kept.
CREATE TABLE collection_token (
	device     TEXT PRIMARY KEY REFERENCES device (id),
	token_hash BYTEA NOT NULL UNIQUE,
	created    BIGINT NOT NULL,
	by_whom    TEXT NOT NULL
);
