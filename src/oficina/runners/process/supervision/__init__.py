"""What a supervisor does, one noun per file; standard library and few imports: it starts with each job."""
