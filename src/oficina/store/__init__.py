"""Where facts and bytes are kept: documents and queue in SQLite, blobs on disk."""
