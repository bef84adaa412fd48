-- Directories from which users, groups and administrators come. The secret (a password that searches, an OpenID Connect
-- client's secret) is sealed.
CREATE TABLE directory_source (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	folded     TEXT NOT NULL UNIQUE,
	kind       TEXT NOT NULL CHECK (kind IN ('ldap', 'oidc')),
	config     JSONB NOT NULL,
	secret     BYTEA,
	-- Nobody comes from a directory before its addition is approved.
	active     BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	checked_at BIGINT NOT NULL,
	check_ok   BOOLEAN NOT NULL,
	check_said TEXT NOT NULL,
	-- The import: when the next one is due (0 for never), and how the last one ended.
	due_at     BIGINT NOT NULL,
	ran_at     BIGINT NOT NULL,
	ran_ok     BOOLEAN NOT NULL,
	ran_said   TEXT NOT NULL,
	ran_counts JSONB NOT NULL,
	version    BIGINT NOT NULL
);

-- Which entry of a directory a user is, by the entry's unique id. A user is withheld while the directory has disabled the
-- entry or misses it for longer than its grace: what an administrator has disabled stays so whatever the directory says.
CREATE TABLE directory_link (
	source        TEXT NOT NULL REFERENCES directory_source (id) ON DELETE CASCADE,
	entry         TEXT NOT NULL,
	end_user      TEXT NOT NULL UNIQUE REFERENCES end_user (id) ON DELETE CASCADE,
	fingerprint   BYTEA NOT NULL,
	withheld      BOOLEAN NOT NULL,
	missing       BIGINT NOT NULL,
	missing_since BIGINT NOT NULL,
	PRIMARY KEY (source, entry)
);

CREATE TABLE directory_group (
	source        TEXT NOT NULL REFERENCES directory_source (id) ON DELETE CASCADE,
	entry         TEXT NOT NULL,
	user_group    TEXT NOT NULL UNIQUE REFERENCES user_group (id) ON DELETE CASCADE,
	missing       BIGINT NOT NULL,
	missing_since BIGINT NOT NULL,
	PRIMARY KEY (source, entry)
);

-- A login at an OpenID Connect provider that is under way.
CREATE TABLE directory_flow (
	state    BYTEA PRIMARY KEY,
	source   TEXT NOT NULL REFERENCES directory_source (id) ON DELETE CASCADE,
	browser  BYTEA NOT NULL,
	audience TEXT NOT NULL CHECK (audience IN ('admin', 'user', 'proof')),
	callback TEXT NOT NULL,
	expires  BIGINT NOT NULL
);

-- Failed logins of users, as admin_failure.
CREATE TABLE user_failure (
	name   TEXT PRIMARY KEY,
	failed BIGINT NOT NULL,
	last   BIGINT NOT NULL,
	origin BIGINT NOT NULL
);
CREATE INDEX user_failure_last ON user_failure (last);
