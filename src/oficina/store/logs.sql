-- Log groups and streams. Events are not here: a stream is one file of lines (see loglines.py).

CREATE TABLE log_groups (
    id        INTEGER PRIMARY KEY,
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    name      TEXT NOT NULL,
    created   INTEGER NOT NULL,          -- milliseconds since the epoch
    retention INTEGER,                   -- days; NULL for ever
    kms_key   TEXT,
    class     TEXT NOT NULL DEFAULT 'STANDARD'
);
CREATE UNIQUE INDEX log_groups_by_name ON log_groups (account, region, name);

CREATE TABLE log_streams (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES log_groups (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    created  INTEGER NOT NULL,           -- milliseconds since the epoch
    path     TEXT NOT NULL,              -- the file of its lines, relative to the home where it lies inside
    own      INTEGER NOT NULL            -- 1 when the file goes with the stream, 0 when it is a job's
);
CREATE UNIQUE INDEX log_streams_by_name ON log_streams (group_id, name);
