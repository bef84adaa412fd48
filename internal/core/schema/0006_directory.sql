-- The people who own devices, and their groups.
CREATE TABLE end_user (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL,
	folded        TEXT NOT NULL UNIQUE,
	display_name  TEXT NOT NULL,
	mail          TEXT NOT NULL,
	mail_folded   TEXT NOT NULL DEFAULT '',
	search        TEXT NOT NULL,
	source        TEXT NOT NULL CHECK (source IN ('local', 'activesync', 'ldap', 'oidc')),
	disabled      BOOLEAN NOT NULL,
	password_hash BYTEA,
	phone         BYTEA,
	created_at    BIGINT NOT NULL,
	changed_at    BIGINT NOT NULL,
	erased_at     BIGINT NOT NULL DEFAULT 0,
	version       BIGINT NOT NULL
);

-- People sign in by their mail address too.
CREATE INDEX end_user_mail ON end_user (mail_folded);

-- Whose computers are that belong to no person. No login name is ever one space.
INSERT INTO end_user (id, name, folded, display_name, mail, search, source, disabled, created_at, changed_at, version)
	VALUES ('nobody', '', ' ', '', '', '', 'local', FALSE, 0, 0, 1);

CREATE TABLE user_group (
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	folded      TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	version     BIGINT NOT NULL
);

CREATE TABLE user_group_member (
	user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
	end_user   TEXT NOT NULL REFERENCES end_user (id) ON DELETE CASCADE,
	PRIMARY KEY (user_group, end_user)
);
CREATE INDEX user_group_member_user ON user_group_member (end_user, user_group);
