-- The graph of lineage: its edges, and its vertices as a view of the resources that they are.

CREATE TABLE lineage_edges (
    id          INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    source      TEXT NOT NULL,           -- ARNs of entities
    destination TEXT NOT NULL,
    type        TEXT,                    -- 'ContributedTo'
    created     REAL NOT NULL,
    created_by  TEXT                     -- the caller as JSON; NULL when kept by itself
);
CREATE UNIQUE INDEX lineage_edges_forward ON lineage_edges (source, destination);
CREATE INDEX lineage_edges_back ON lineage_edges (destination, source);
CREATE INDEX lineage_edges_by_world ON lineage_edges (account, region, created, id);

CREATE VIEW lineage_entities AS SELECT
    account, region, arn, created, modified, body, kind AS lineage_type,
    json_extract(body, '$.' || kind || 'Name') AS name,
    CASE kind
        WHEN 'TrialComponent' THEN replace(json_extract(body, '$.Source.SourceType'), 'SageMaker', '')
        ELSE json_extract(body, '$.' || kind || 'Type')
    END AS type
FROM resources WHERE kind IN ('Artifact', 'Action', 'Context', 'TrialComponent', 'Experiment');

-- The SDKs find an entity by its source; a query has to name the kinds as they stand here.
CREATE INDEX lineage_by_source ON resources (account, region, json_extract(body, '$.Source.SourceUri'))
    WHERE kind IN ('Artifact', 'Action', 'Context');
CREATE INDEX components_by_source ON resources (account, region, json_extract(body, '$.Source.SourceArn'))
    WHERE kind='TrialComponent';
