-- Messages of SQS queues.

CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    queue    TEXT NOT NULL,              -- the queue's ARN
    visible  REAL NOT NULL,              -- from when on it may be received
    expires  REAL NOT NULL,
    received INTEGER NOT NULL DEFAULT 0, -- how often it was
    first    REAL,                       -- when it was first received
    receipt  TEXT,                       -- the handle of its last receipt
    body     TEXT NOT NULL               -- as ReceiveMessage shows it
);
CREATE INDEX messages_by_queue ON messages (queue, visible, id);
