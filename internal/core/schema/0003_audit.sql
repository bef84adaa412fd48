-- The audit log. Records are only ever inserted; the serving role has no right to change or delete them.
CREATE TABLE audit_record (
	id           TEXT PRIMARY KEY,
	at           BIGINT NOT NULL,
	action       TEXT NOT NULL,
	outcome      TEXT NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
	caller_kind  TEXT NOT NULL,
	caller       TEXT NOT NULL,
	caller_token TEXT NOT NULL,
	address      TEXT NOT NULL,
	subject_kind TEXT NOT NULL,
	subject      TEXT NOT NULL,
	device       TEXT NOT NULL,
	owner        TEXT NOT NULL,
	details      TEXT NOT NULL,
	personal     BYTEA
);
CREATE INDEX audit_record_at ON audit_record (at, id);
CREATE INDEX audit_record_device ON audit_record (device, at, id);
CREATE INDEX audit_record_owner ON audit_record (owner, at, id);
CREATE INDEX audit_record_subject ON audit_record (subject, at, id);
CREATE INDEX audit_record_caller ON audit_record (caller, at, id);

-- Records that no link of the chain covers yet. The sealer takes them out in the transaction that links them.
CREATE TABLE audit_pending (
	record TEXT PRIMARY KEY REFERENCES audit_record (id)
);

-- The chain: each link's hash covers the record and the hash of the link before it.
CREATE TABLE audit_link (
	number BIGINT PRIMARY KEY,
	record TEXT NOT NULL UNIQUE REFERENCES audit_record (id),
	hash   BYTEA NOT NULL
);

-- Signed heads, also written outside the database.
CREATE TABLE audit_head (
	number    BIGINT PRIMARY KEY REFERENCES audit_link (number),
	at        BIGINT NOT NULL,
	hash      BYTEA NOT NULL,
	signature BYTEA NOT NULL
);
