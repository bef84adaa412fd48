-- Calls for help that nobody has been told of yet. The words are sealed under the owner's key.
CREATE TABLE duress_call (
	id     TEXT PRIMARY KEY,
	owner  TEXT NOT NULL,
	at     BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	words  BYTEA NOT NULL
);
