-- Events that left no server yet: written in the transaction of the change that they tell of.

CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    event       TEXT NOT NULL,           -- the event's own id, a UUID
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    time        REAL NOT NULL,           -- seconds since the epoch
    source      TEXT NOT NULL,           -- 'aws.sagemaker'
    detail_type TEXT NOT NULL,           -- 'SageMaker Model Package State Change'
    resources   TEXT NOT NULL,           -- a JSON list of ARNs
    detail      TEXT NOT NULL            -- a JSON object
);
