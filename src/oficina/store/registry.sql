-- What the model registry asks for beside names and times.

CREATE INDEX resources_by_parent ON resources (account, region, kind, parent, created, id);

-- Requests that were done once and are not to be done again: what a client's token made.
CREATE TABLE client_tokens (
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    operation TEXT NOT NULL,             -- 'CreateModelPackage'
    token     TEXT NOT NULL,
    request   TEXT NOT NULL,             -- the SHA-256 of the request without its token
    arn       TEXT NOT NULL,             -- what was made
    PRIMARY KEY (account, region, operation, token)
) WITHOUT ROWID;
