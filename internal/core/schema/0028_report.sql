-- Questions that administrators have saved, and when the answers are sent.
CREATE TABLE report (
	id       TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	owner    TEXT NOT NULL REFERENCES admin (id),
	shared   BOOLEAN NOT NULL,
	content  JSONB NOT NULL,
	version  BIGINT NOT NULL,
	created  BIGINT NOT NULL,
	changed  BIGINT NOT NULL,
	due      BIGINT NOT NULL, -- 0: it is not sent
	sent     BIGINT NOT NULL,
	fault    TEXT NOT NULL
);
CREATE INDEX report_owner ON report (owner, id);
CREATE INDEX report_due ON report (due);
