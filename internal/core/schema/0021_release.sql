-- What came of asking for a newer version: one row. The manifest is kept as it was signed, and its serial number so that no
-- older one is believed.
CREATE TABLE release_check (
	one         BIGINT PRIMARY KEY CHECK (one = 1),
	checked_at  BIGINT NOT NULL,
	answered_at BIGINT NOT NULL,
	due_at      BIGINT NOT NULL,
	ok          BOOLEAN NOT NULL,
	said        TEXT NOT NULL,
	serial      BIGINT NOT NULL,
	manifest    TEXT NOT NULL,
	peer        TEXT NOT NULL
);
INSERT INTO release_check (one, checked_at, answered_at, due_at, ok, said, serial, manifest, peer) VALUES (1, 0, 0, 0, FALSE, '', 0, '', '');
