-- What the zone tells the agents of computers, and what they tell of themselves.

-- The document of each kind that a computer was told last. Its text is made anew at each question, so that nothing of it lies
-- about here; the digest tells whether it says the same, the version only ever rises.
CREATE TABLE agent_document (
	device   TEXT NOT NULL REFERENCES device (id),
	kind     TEXT NOT NULL CHECK (kind IN ('settings', 'policies', 'assignments', 'locations')),
	version  BIGINT NOT NULL,
	digest   TEXT NOT NULL,
	revision TEXT NOT NULL,
	made     BIGINT NOT NULL,
	PRIMARY KEY (device, kind)
);

-- How a computer stands, as its agent told last. What was found, and why, may name people: it is sealed under the key of whom
-- the computer belonged to. made is the agent's time and only rises: what is repeated later changes nothing.
CREATE TABLE agent_status (
	device   TEXT PRIMARY KEY REFERENCES device (id),
	owner    TEXT NOT NULL,
	agent    TEXT NOT NULL,
	revision TEXT NOT NULL,
	broken   BIGINT NOT NULL,
	told     JSONB NOT NULL,
	words    BYTEA NOT NULL,
	made     BIGINT NOT NULL,
	received BIGINT NOT NULL
);
CREATE INDEX agent_status_owner ON agent_status (owner, device);

-- What became of orders and scripts. The id is the agent's: the same one again is the same result.
CREATE TABLE agent_result (
	device      TEXT NOT NULL REFERENCES device (id),
	id          TEXT NOT NULL,
	owner       TEXT NOT NULL,
	command     TEXT NOT NULL,
	script      TEXT NOT NULL,
	revision    TEXT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('done', 'failed', 'postponed')),
	reason      TEXT NOT NULL,
	exit_status BIGINT NOT NULL,
	words       BYTEA NOT NULL,
	made        BIGINT NOT NULL,
	received    BIGINT NOT NULL,
	PRIMARY KEY (device, id)
);
CREATE INDEX agent_result_received ON agent_result (device, received);
CREATE INDEX agent_result_command ON agent_result (command) WHERE command <> '';
CREATE INDEX agent_result_owner ON agent_result (owner, received);
CREATE INDEX agent_result_old ON agent_result (received);

-- The one-time codes by which an agent goes without the network. Agents are told hashes of some of them beforehand; a code is
-- opened only when an administrator asks for one.
CREATE TABLE agent_code (
	device TEXT NOT NULL REFERENCES device (id),
	number BIGINT NOT NULL,
	code   BYTEA NOT NULL,
	shown  BIGINT NOT NULL,
	PRIMARY KEY (device, number)
);

-- Scripts that computers run by a schedule. A version is never changed; live is the one that computers are told, 0 for none.
CREATE TABLE script (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	folded  TEXT NOT NULL UNIQUE,
	newest  BIGINT NOT NULL,
	live    BIGINT NOT NULL,
	created BIGINT NOT NULL
);

-- What a script says is sealed: scripts hold what only administrators should know.
CREATE TABLE script_version (
	script      TEXT NOT NULL REFERENCES script (id) ON DELETE CASCADE,
	number      BIGINT NOT NULL,
	interpreter TEXT NOT NULL CHECK (interpreter IN ('sh', 'bash', 'python3', 'powershell')),
	content     BYTEA NOT NULL,
	minutes     BIGINT NOT NULL,
	seconds     BIGINT NOT NULL,
	groups      JSONB NOT NULL,
	reach       BIGINT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('awaiting', 'approved', 'rejected')),
	approval    TEXT NOT NULL,
	by_kind     TEXT NOT NULL,
	by_whom     TEXT NOT NULL,
	created     BIGINT NOT NULL,
	PRIMARY KEY (script, number)
);
