"""Model cards as something to read: a PDF in a bucket."""
