-- Versions of models that were taken over from an MLflow server into the model registry.
CREATE TABLE mlflow_versions (
    arn     TEXT NOT NULL,
    model   TEXT NOT NULL,
    version TEXT NOT NULL,
    package TEXT NOT NULL,
    born    INTEGER, -- when the model was made in MLflow: another one of the same name is another model
    PRIMARY KEY (arn, model, version)
) WITHOUT ROWID;

-- Secrets that open an MLflow server to a browser, as their SHA-256: the URL's, good for one use, and the cookie's.
CREATE TABLE mlflow_tickets (
    digest   TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    arn      TEXT NOT NULL,
    expires  REAL NOT NULL,
    duration REAL NOT NULL
) WITHOUT ROWID;
