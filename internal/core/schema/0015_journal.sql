-- What devices tell of their users' lives, each entry sealed under its owner's key. Only the kind, the times and the size
-- are in clear.
CREATE TABLE journal_entry (
	id          TEXT PRIMARY KEY,
	kind        TEXT NOT NULL CHECK (kind IN ('device-log', 'location', 'phone-log', 'text-log', 'file', 'sign-in', 'elevation', 'usb')),
	device      TEXT NOT NULL REFERENCES device (id),
	owner       TEXT NOT NULL,
	at          BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	size        BIGINT NOT NULL,
	content     TEXT NOT NULL,
	parts       BIGINT NOT NULL,
	body        BYTEA NOT NULL
);
CREATE INDEX journal_entry_content ON journal_entry (content);
CREATE INDEX journal_entry_device ON journal_entry (device, kind, at, id, size);
CREATE INDEX journal_entry_owner ON journal_entry (owner, kind, id);
CREATE INDEX journal_entry_age ON journal_entry (kind, received_at, id);

-- The content of a file, in pieces. Pieces come before their entry, each try to send a file has its own; those whose entry
-- never came are removed.
CREATE TABLE journal_part (
	content     TEXT NOT NULL,
	part        BIGINT NOT NULL,
	owner       TEXT NOT NULL,
	received_at BIGINT NOT NULL,
	body        BYTEA NOT NULL,
	PRIMARY KEY (content, part)
);
CREATE INDEX journal_part_owner ON journal_part (owner, content);
CREATE INDEX journal_part_age ON journal_part (received_at, content);

-- While a hold stands, nothing of its owner is deleted for its age, and its owner is not erased.
CREATE TABLE journal_hold (
	id        TEXT PRIMARY KEY,
	owner     TEXT NOT NULL,
	reason    BYTEA NOT NULL,
	placed_at BIGINT NOT NULL,
	placed_by TEXT NOT NULL,
	lifted_at BIGINT NOT NULL,
	lifted_by TEXT NOT NULL
);
CREATE INDEX journal_hold_owner ON journal_hold (owner, lifted_at);

-- The proof of what was deleted for its age: a digest over the ids of the entries, in their order.
CREATE TABLE journal_deletion (
	id      TEXT PRIMARY KEY,
	kind    TEXT NOT NULL,
	at      BIGINT NOT NULL,
	entries BIGINT NOT NULL,
	oldest  BIGINT NOT NULL,
	newest  BIGINT NOT NULL,
	digest  BYTEA NOT NULL
);

-- Each look at somebody's personal data, which its owner sees.
CREATE TABLE personal_look (
	id      TEXT PRIMARY KEY,
	owner   TEXT NOT NULL,
	device  TEXT NOT NULL,
	kind    TEXT NOT NULL,
	at      BIGINT NOT NULL,
	by_kind TEXT NOT NULL,
	by_whom TEXT NOT NULL,
	reason  BYTEA NOT NULL,
	entries BIGINT NOT NULL
);
CREATE INDEX personal_look_owner ON personal_look (owner, id);
