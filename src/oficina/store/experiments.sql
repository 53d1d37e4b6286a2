-- What experiments are made of beside their documents: which components belong to which trial, and metrics.

CREATE TABLE trial_members (
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    trial     TEXT NOT NULL,             -- names, as they were given
    component TEXT NOT NULL,
    PRIMARY KEY (account, region, trial, component)
) WITHOUT ROWID;
CREATE INDEX trial_members_by_component ON trial_members (account, region, component);

CREATE TABLE component_metrics (
    id        INTEGER PRIMARY KEY,
    component TEXT NOT NULL,             -- the component's ARN
    name      TEXT NOT NULL,
    step      INTEGER,
    time      REAL NOT NULL,             -- seconds since the epoch
    value     REAL NOT NULL
);
CREATE INDEX component_metrics_by_name ON component_metrics (component, name, time);
