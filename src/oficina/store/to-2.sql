-- Queues with an order, with dead letters and with deduplication (see messages.sql).
ALTER TABLE messages ADD COLUMN line TEXT;
ALTER TABLE messages ADD COLUMN source TEXT;
CREATE INDEX messages_by_line ON messages (queue, line, id);
CREATE TABLE deduplications (
    queue    TEXT NOT NULL,
    token    TEXT NOT NULL,
    expires  REAL NOT NULL,
    answer   TEXT NOT NULL,
    PRIMARY KEY (queue, token)
) WITHOUT ROWID;
