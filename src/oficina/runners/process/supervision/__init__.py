"""What a supervisor does, one noun per file; standard library only and few imports, because it starts with each job."""
