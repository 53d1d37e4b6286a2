-- Models of MLflow that are deleted, renamed and registered again (see mlflow.sql).
ALTER TABLE mlflow_versions ADD COLUMN born INTEGER;
