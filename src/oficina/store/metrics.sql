-- CloudWatch metrics: a series is a name with its dimensions, a point is a value (or a set of values) at a time.

CREATE TABLE metric_series (
    id         INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    dimensions TEXT NOT NULL             -- a JSON object, sorted by key
);
CREATE UNIQUE INDEX metric_series_by_name ON metric_series (account, region, namespace, name, dimensions);

CREATE TABLE metric_points (
    series_id INTEGER NOT NULL REFERENCES metric_series (id) ON DELETE CASCADE,
    time      REAL NOT NULL,             -- seconds since the epoch
    unit      TEXT NOT NULL,
    total     REAL NOT NULL,
    count     REAL NOT NULL,
    low       REAL NOT NULL,
    high      REAL NOT NULL
);
CREATE INDEX metric_points_by_time ON metric_points (series_id, time);
