-- Sessions of users in the portal. Of secrets only hashes are kept, and no address: where people are is theirs to know.
CREATE TABLE user_session (
	id         TEXT PRIMARY KEY,
	token_hash BYTEA NOT NULL UNIQUE,
	end_user   TEXT NOT NULL REFERENCES end_user (id),
	agent      TEXT NOT NULL,
	created    BIGINT NOT NULL,
	seen       BIGINT NOT NULL,
	expires    BIGINT NOT NULL,
	-- When the user has proven to be there once more; 0 when not since the last act that asked for it.
	proven     BIGINT NOT NULL,
	-- The sign-in at a provider by which the user does so.
	flow_hash  BYTEA
);
CREATE INDEX user_session_user ON user_session (end_user);
CREATE INDEX user_session_flow ON user_session (flow_hash);

-- What groups of users may do by themselves, other than everybody: lists of abilities.
CREATE TABLE portal_group (
	user_group TEXT PRIMARY KEY REFERENCES user_group (id) ON DELETE CASCADE,
	offered    JSONB NOT NULL,
	withheld   JSONB NOT NULL,
	version    BIGINT NOT NULL
);
