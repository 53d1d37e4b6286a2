-- S3: buckets, versions of objects, and uploads in parts. The bytes are files (see blobs.py).
-- Every account has bucket names of its own (decision 0030).

CREATE TABLE buckets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    TEXT NOT NULL,
    name       TEXT NOT NULL,
    region     TEXT NOT NULL,
    created    REAL NOT NULL,            -- seconds since the epoch
    versioning TEXT NOT NULL DEFAULT ''  -- '', 'Enabled' or 'Suspended'
);
CREATE UNIQUE INDEX buckets_by_name ON buckets (account, name);

-- What a bucket was told: CORS, policy, encryption, tagging and the like, as documents in AWS's spelling.
CREATE TABLE bucket_settings (
    bucket INTEGER NOT NULL,
    name   TEXT NOT NULL,                -- 'cors'
    body   TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;

-- One row per version; the newest of a key has the highest id and is the only one with latest=1.
CREATE TABLE objects (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket   INTEGER NOT NULL,
    key      TEXT NOT NULL,
    version  TEXT NOT NULL,              -- 'null' unless versioning was enabled at the time
    latest   INTEGER NOT NULL,
    marker   INTEGER NOT NULL,           -- a delete marker has no bytes
    blob     TEXT,
    size     INTEGER NOT NULL,
    etag     TEXT NOT NULL,              -- without quotes
    modified REAL NOT NULL,
    facts    TEXT NOT NULL,              -- content type, metadata, checksums, tags …, in AWS's spelling
    parts    TEXT                        -- [[number, size, checksum or null] …] of an object made of parts
);
CREATE UNIQUE INDEX objects_by_version ON objects (bucket, key, version);
CREATE INDEX objects_by_age ON objects (bucket, key, id DESC);
CREATE UNIQUE INDEX objects_by_latest ON objects (bucket, key) WHERE latest = 1;
CREATE INDEX objects_by_current ON objects (bucket, key) WHERE latest = 1 AND marker = 0;
CREATE INDEX objects_by_blob ON objects (blob) WHERE blob IS NOT NULL;

CREATE TABLE uploads (
    id      TEXT PRIMARY KEY,
    bucket  INTEGER NOT NULL,
    key     TEXT NOT NULL,
    started REAL NOT NULL,
    facts   TEXT NOT NULL                -- what the object will be told, and the checksum's kind
);
CREATE UNIQUE INDEX uploads_by_key ON uploads (bucket, key, id);

CREATE TABLE parts (
    upload   TEXT NOT NULL,
    number   INTEGER NOT NULL,
    blob     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    etag     TEXT NOT NULL,
    modified REAL NOT NULL,
    facts    TEXT NOT NULL,              -- checksums
    boot     TEXT NOT NULL,              -- the machine's boot: parts are made durable when they become one
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE INDEX parts_by_blob ON parts (blob);
