-- Warm pools that wait for a matching job, kept by the job that left them: a row goes when the pool is taken.
CREATE TABLE warm_pools (
    job     TEXT PRIMARY KEY,           -- the ARN of the training job
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,              -- its name
    match   TEXT NOT NULL,              -- a digest of what a job must have to take the pool
    since   REAL NOT NULL,              -- seconds since the epoch
    until   REAL NOT NULL
);
CREATE INDEX warm_pools_by_match ON warm_pools (account, region, match, since);
