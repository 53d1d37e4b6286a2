"""Lambda functions: their code, unpacked once, and their invocations, each a process of its own."""
