-- The steps of pipeline executions: one row for each step that was begun.

CREATE TABLE steps (
    execution TEXT NOT NULL,             -- the execution's ARN
    name      TEXT NOT NULL,
    number    INTEGER NOT NULL,          -- the order of beginning
    pipeline  TEXT NOT NULL,             -- the pipeline's ARN
    status    TEXT NOT NULL,
    cache_key TEXT,                      -- the fingerprint of its arguments, where it may be cached
    ended     REAL,
    body      TEXT NOT NULL,             -- as ListPipelineExecutionSteps shows it, and members with _ for the engine
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
CREATE INDEX steps_by_number ON steps (execution, number);
CREATE INDEX steps_by_cache_key ON steps (pipeline, name, cache_key, ended) WHERE cache_key IS NOT NULL;
