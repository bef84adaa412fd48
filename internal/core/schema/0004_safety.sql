-- What stands between one person and a destructive act: approvals, what has been spent of the budgets, the breaker.
CREATE TABLE approval (
	id        TEXT PRIMARY KEY,
	class     TEXT NOT NULL,
	kind      TEXT NOT NULL,
	subject   TEXT NOT NULL,
	words     TEXT NOT NULL,
	payload   TEXT NOT NULL,
	hash      BYTEA NOT NULL,
	requester_kind TEXT NOT NULL,
	requester TEXT NOT NULL,
	roles     TEXT NOT NULL, -- the requester's when it was asked for, as " id id "
	about     TEXT NOT NULL, -- the user it is about, or ''
	reason    BYTEA,
	needed    BIGINT NOT NULL CHECK (needed >= 0),
	targets   BIGINT NOT NULL,
	state     TEXT NOT NULL CHECK (state IN ('awaiting', 'approved', 'rejected', 'expired', 'cancelled')),
	created   BIGINT NOT NULL,
	expires   BIGINT NOT NULL,
	decided   BIGINT NOT NULL
);
CREATE INDEX approval_state ON approval (state, created, id);
CREATE INDEX approval_subject ON approval (subject);

-- Who has changed for somebody else who it is that acts as a user, or whose a device is: what that user then asks for is
-- for a while no owner's word alone.
CREATE TABLE safety_doubt (
	subject TEXT NOT NULL, -- the user, or the device
	admin   TEXT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, admin)
);

-- The devices an approval is about; it is seen by those who may see all of them.
CREATE TABLE approval_device (
	approval TEXT NOT NULL REFERENCES approval (id),
	device   TEXT NOT NULL,
	PRIMARY KEY (approval, device)
);
CREATE INDEX approval_device_device ON approval_device (device);

CREATE TABLE approval_vote (
	approval TEXT NOT NULL REFERENCES approval (id),
	admin    TEXT NOT NULL,
	approved BOOLEAN NOT NULL,
	method   TEXT NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (approval, admin)
);

-- One row for each destructive act that was carried out.
CREATE TABLE safety_spend (
	id    TEXT PRIMARY KEY,
	class TEXT NOT NULL,
	actor TEXT NOT NULL,
	roles TEXT NOT NULL,
	self  BOOLEAN NOT NULL,
	at    BIGINT NOT NULL
);
CREATE INDEX safety_spend_at ON safety_spend (at);

CREATE TABLE safety_breaker (
	one     BIGINT PRIMARY KEY CHECK (one = 1),
	open    BOOLEAN NOT NULL,
	since   BIGINT NOT NULL,
	because TEXT NOT NULL
);
INSERT INTO safety_breaker (one, open, since, because) VALUES (1, FALSE, 0, '');
