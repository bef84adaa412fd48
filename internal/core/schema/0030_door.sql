-- What the zone says about its doors. The newest version is in force; none is ever changed.
CREATE TABLE door_version (
	version     BIGINT PRIMARY KEY,
	at          BIGINT NOT NULL,
	caller_kind TEXT NOT NULL,
	caller      TEXT NOT NULL,
	reason      TEXT NOT NULL,
	rolled_back BIGINT NOT NULL,
	body        JSONB NOT NULL
);

-- The servers of the zone, each registered by itself when it starts. addresses, from which it calls others, and urls,
-- at which computers reach it, are separated by spaces.
CREATE TABLE door_server (
	id        TEXT PRIMARY KEY,
	name      TEXT NOT NULL,
	addresses TEXT NOT NULL,
	urls      TEXT NOT NULL,
	ports     TEXT NOT NULL, -- of its listeners for devices and for administrators
	started   BIGINT NOT NULL,
	seen      BIGINT NOT NULL
);

-- Who came through which door, counted by day. caller is a device, a user or an administrator; '' is a stranger. unproven
-- tells that a device was let through that sent no proof. peak is the most requests of one minute of the day, of which minute is
-- the last one and in_minute its requests; largest is the largest body in octets, longest the longest exchange in milliseconds.
CREATE TABLE door_traffic (
	day         BIGINT NOT NULL,
	server      TEXT NOT NULL,
	service     TEXT NOT NULL,
	address     TEXT NOT NULL,
	caller_kind TEXT NOT NULL,
	caller      TEXT NOT NULL,
	unproven    BIGINT NOT NULL CHECK (unproven IN (0, 1)),
	refused     TEXT NOT NULL,
	requests    BIGINT NOT NULL,
	last        BIGINT NOT NULL,
	minute      BIGINT NOT NULL,
	in_minute   BIGINT NOT NULL,
	peak        BIGINT NOT NULL,
	largest     BIGINT NOT NULL,
	longest     BIGINT NOT NULL,
	PRIMARY KEY (day, server, service, address, caller_kind, caller, unproven, refused)
);

CREATE INDEX door_traffic_service ON door_traffic (service, day);
CREATE INDEX door_traffic_caller ON door_traffic (caller);
