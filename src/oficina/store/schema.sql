-- Everything that oficina knows. Bytes of objects are files (see blobs.py); each fact stands here once.
-- Applied as a whole when user_version is 0; later versions follow in migrations of their own.

CREATE TABLE resources (
    id       INTEGER PRIMARY KEY,
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,              -- '' for what AWS keeps for all regions (IAM)
    kind     TEXT NOT NULL,              -- 'TrainingJob'
    name     TEXT NOT NULL,
    parent   TEXT NOT NULL DEFAULT '',   -- the group, domain or other resource that it belongs to
    arn      TEXT NOT NULL,
    status   TEXT,
    created  REAL NOT NULL,              -- seconds since the epoch
    modified REAL NOT NULL,
    body     TEXT NOT NULL               -- the document, in AWS's spelling
);
CREATE UNIQUE INDEX resources_by_name ON resources (account, region, kind, parent, name);
CREATE INDEX resources_by_created ON resources (account, region, kind, created, id);
CREATE INDEX resources_by_modified ON resources (account, region, kind, modified, id);
CREATE INDEX resources_by_plain_name ON resources (account, region, kind, name, id);
CREATE INDEX resources_by_status ON resources (account, region, kind, status, created, id);
CREATE INDEX resources_by_arn ON resources (arn);

CREATE TABLE tags (
    account TEXT NOT NULL,
    arn     TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (arn, key)
) WITHOUT ROWID;

-- Work to do: a row is leased, worked on, and deleted when done. A lease that runs out gives the work back.
CREATE TABLE queue (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, since work may be told done twice
    topic     TEXT NOT NULL,             -- 'training'
    resource  TEXT NOT NULL,             -- the ARN that it is about
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    due       REAL NOT NULL,             -- not before this time
    attempts  INTEGER NOT NULL DEFAULT 0,
    payload   TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX queue_by_due ON queue (topic, due, id);

-- Access keys: those made at first start, those minted, and temporary sessions of a role.
CREATE TABLE keys (
    access_key TEXT PRIMARY KEY,
    secret     TEXT NOT NULL,
    token      TEXT,                     -- session token; NULL for a lasting key
    account    TEXT NOT NULL,
    arn        TEXT NOT NULL,            -- who the caller is
    user_id    TEXT NOT NULL,
    job        TEXT,                     -- the job whose end is the key's end
    expires    REAL                      -- seconds since the epoch; NULL for never
);
CREATE INDEX keys_by_job ON keys (job);
