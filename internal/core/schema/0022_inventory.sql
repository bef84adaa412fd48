-- What computers are made of: sections of items, as they were told last. The items of the section "software" are in
-- tables of their own.
CREATE TABLE inventory_section (
	device  TEXT NOT NULL REFERENCES device (id),
	section TEXT NOT NULL,
	hash    TEXT NOT NULL,
	items   BIGINT NOT NULL,
	source  TEXT NOT NULL,
	made    BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	body    JSONB NOT NULL,
	PRIMARY KEY (device, section)
);

-- The single facts of devices, by which they are found.
CREATE TABLE inventory_fact (
	device TEXT NOT NULL REFERENCES device (id),
	fact   TEXT NOT NULL,
	text   TEXT NOT NULL,
	number BIGINT NOT NULL,
	PRIMARY KEY (device, fact)
);
CREATE INDEX inventory_fact_text ON inventory_fact (fact, text, device);
CREATE INDEX inventory_fact_number ON inventory_fact (fact, number, device);

-- Each version of each program once for the zone.
CREATE TABLE inventory_software (
	id        TEXT PRIMARY KEY,
	name      TEXT NOT NULL,
	folded    TEXT NOT NULL,
	version   TEXT NOT NULL,
	arch      TEXT NOT NULL,
	source    TEXT NOT NULL,
	publisher TEXT NOT NULL,
	hash      BYTEA NOT NULL UNIQUE
);
CREATE INDEX inventory_software_name ON inventory_software (folded, id);

CREATE TABLE inventory_installed (
	device   TEXT NOT NULL REFERENCES device (id),
	software TEXT NOT NULL REFERENCES inventory_software (id),
	PRIMARY KEY (device, software)
);
CREATE INDEX inventory_installed_software ON inventory_installed (software, device);

CREATE TABLE inventory_change (
	id      TEXT PRIMARY KEY,
	device  TEXT NOT NULL REFERENCES device (id),
	section TEXT NOT NULL,
	kind    TEXT NOT NULL CHECK (kind IN ('added', 'gone', 'changed')),
	at      BIGINT NOT NULL,
	folded  TEXT NOT NULL,
	before  JSONB NOT NULL,
	after   JSONB NOT NULL
);
CREATE INDEX inventory_change_device ON inventory_change (device, at, id);
CREATE INDEX inventory_change_name ON inventory_change (folded, at, id);
CREATE INDEX inventory_change_section ON inventory_change (section, at, id);
CREATE INDEX inventory_change_age ON inventory_change (at, id);

-- The last report of a device in its teller's own form: from it the next one tells the difference.
CREATE TABLE inventory_told (
	device TEXT PRIMARY KEY REFERENCES device (id),
	hash   TEXT NOT NULL,
	body   BYTEA NOT NULL
);
