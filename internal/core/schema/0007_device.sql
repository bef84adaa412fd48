-- Devices, each known by its owner and the id it gives itself (never a proof of anything).
CREATE TABLE device (
	id           TEXT PRIMARY KEY,
	owner        TEXT NOT NULL REFERENCES end_user (id),
	owner_name   TEXT NOT NULL,
	owner_folded TEXT NOT NULL,
	eas_id       TEXT NOT NULL,
	eas_key      TEXT NOT NULL,
	name         TEXT NOT NULL,
	name_folded  TEXT NOT NULL,
	platform     TEXT NOT NULL,
	platform_by  TEXT NOT NULL CHECK (platform_by IN ('recognised', 'hand')),
	liability    TEXT NOT NULL CHECK (liability IN ('corporate', 'personal')),
	friendly     TEXT NOT NULL,
	model        TEXT NOT NULL,
	os           TEXT NOT NULL,
	language     TEXT NOT NULL,
	operator     TEXT NOT NULL,
	serial       TEXT NOT NULL,
	imei         TEXT NOT NULL,
	user_agent   TEXT NOT NULL,
	device_type  TEXT NOT NULL,
	protocol     TEXT NOT NULL,
	phone        BYTEA,
	state        TEXT NOT NULL CHECK (state IN ('active', 'pending', 'retired', 'wiped', 'removed')),
	access       TEXT NOT NULL CHECK (access IN ('allow', 'block', 'quarantine')),
	upstream     TEXT NOT NULL,
	policy_state TEXT NOT NULL CHECK (policy_state IN ('none', 'pending', 'sent', 'acknowledged', 'partial', 'refused', 'external')),
	enrolled_at  BIGINT NOT NULL,
	facts_at     BIGINT NOT NULL,
	search       TEXT NOT NULL,
	version      BIGINT NOT NULL,
	UNIQUE (owner, eas_key)
);
CREATE INDEX device_by_eas ON device (eas_key);

-- What the rules of compliance call a device.
CREATE TABLE device_mark (
	device TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
	mark   TEXT NOT NULL CHECK (mark IN ('stale', 'lost'))
);
CREATE INDEX device_mark_mark ON device_mark (mark, device);

CREATE INDEX device_by_name ON device (name_folded, id);
CREATE INDEX device_by_owner ON device (owner_folded, id);
CREATE INDEX device_by_platform ON device (platform, id);
CREATE INDEX device_by_platform_name ON device (platform, name_folded, id);
CREATE INDEX device_by_state ON device (state, id);
CREATE INDEX device_by_state_name ON device (state, name_folded, id);
CREATE INDEX device_by_enrolled ON device (enrolled_at, id);
CREATE INDEX device_by_upstream ON device (upstream, id);
CREATE INDEX device_counts ON device (state, platform, policy_state, access, liability, id);

-- Whether a device known by its id fits a filter is read here: the table's rows are ten times as long.
CREATE INDEX device_by_id ON device (id, state, platform, policy_state, access, liability);

-- A search reads this index from end to end, which is far less than the table.
CREATE INDEX device_search ON device (search, state, id);

-- How often each owner's devices have enrolled. Enrolments of one owner wait for one another at this row, so that the
-- bound on devices per owner holds.
CREATE TABLE device_owner (
	owner      TEXT PRIMARY KEY REFERENCES end_user (id),
	enrolments BIGINT NOT NULL
);

-- Hot and losable: written in groups, a few seconds behind.
CREATE TABLE device_presence (
	device       TEXT PRIMARY KEY REFERENCES device (id),
	last_contact BIGINT NOT NULL,
	requests     BIGINT NOT NULL
);
CREATE INDEX device_presence_contact ON device_presence (last_contact, device);

-- What device and gateway have agreed on (MS-ASPROV section 3.2.5.1).
CREATE TABLE partnership (
	device        TEXT PRIMARY KEY REFERENCES device (id),
	temp_key      BIGINT NOT NULL CHECK (temp_key BETWEEN 0 AND 4294967295),
	temp_revision TEXT NOT NULL,
	temp_protocol TEXT NOT NULL,
	temp_at       BIGINT NOT NULL,
	final_key     BIGINT NOT NULL CHECK (final_key BETWEEN 0 AND 4294967295),
	revision      TEXT NOT NULL,
	protocol      TEXT NOT NULL,
	client_status BIGINT NOT NULL,
	upstream_key  TEXT NOT NULL,
	upstream_policy TEXT NOT NULL,
	provisioned_at BIGINT NOT NULL,
	refresh_at    BIGINT NOT NULL,
	reprovisions  BIGINT NOT NULL,
	sent          JSONB NOT NULL,
	sent_at       BIGINT NOT NULL,
	acknowledged  JSONB NOT NULL,
	acknowledged_at BIGINT NOT NULL,
	version       BIGINT NOT NULL
);

-- Groups of devices. A folder is one too, named by its path: of the devices in it and in the folders below it.
CREATE TABLE device_group (
	id          TEXT PRIMARY KEY,
	kind        TEXT NOT NULL CHECK (kind IN ('chosen', 'rule', 'folder')),
	name        TEXT NOT NULL,
	folded      TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	conditions  JSONB NOT NULL,
	version     BIGINT NOT NULL
);

-- Here are the computers that nobody has placed. Its id is known to the program.
INSERT INTO device_group (id, kind, name, folded, description, conditions, version)
VALUES ('quarantine', 'folder', '/Quarantine', '/quarantine', 'Computers that have come in and were not placed yet. Nothing but the default policy reaches them.', '[]', 1);

CREATE TABLE device_group_member (
	device       TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	device_group TEXT NOT NULL REFERENCES device_group (id) ON DELETE CASCADE,
	PRIMARY KEY (device, device_group)
);
CREATE INDEX device_group_member_group ON device_group_member (device_group, device);

-- In which folder a device is. Without a row it is in the topmost, which is no group.
CREATE TABLE device_place (
	device TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
	folder TEXT NOT NULL REFERENCES device_group (id) ON DELETE CASCADE,
	at     BIGINT NOT NULL
);
CREATE INDEX device_place_folder ON device_place (folder, device);

-- What an administrator wants to see again: filters and columns, as the dashboard knows them.
CREATE TABLE device_view (
	id    TEXT PRIMARY KEY,
	admin TEXT NOT NULL,
	name  TEXT NOT NULL,
	query JSONB NOT NULL,
	UNIQUE (admin, name)
);
