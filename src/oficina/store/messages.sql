-- Messages of SQS queues.

CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    queue    TEXT NOT NULL,              -- the queue's ARN
    visible  REAL NOT NULL,              -- from when on it may be received
    expires  REAL NOT NULL,
    received INTEGER NOT NULL DEFAULT 0, -- how often it was
    first    REAL,                       -- when it was first received
    receipt  TEXT,                       -- the handle of its last receipt
    line     TEXT,                       -- whose messages are received in order; NULL in standard queues
    source   TEXT,                       -- the queue whose dead letter it is
    body     TEXT NOT NULL               -- as ReceiveMessage shows it
);
CREATE INDEX messages_by_queue ON messages (queue, visible, id);
CREATE INDEX messages_by_line ON messages (queue, line, id);

-- What FIFO queues were sent in the last minutes: the same once more is not added again.
CREATE TABLE deduplications (
    queue    TEXT NOT NULL,
    token    TEXT NOT NULL,              -- what must not come twice
    expires  REAL NOT NULL,
    answer   TEXT NOT NULL,              -- what the first sender was told
    PRIMARY KEY (queue, token)
) WITHOUT ROWID;
