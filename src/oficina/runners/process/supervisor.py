"""Entry of a job's supervisor: ``python -I -S supervisor.py JOB_FOLDER``, standard library only."""

import os
import sys

# This folder alone goes on the path, so that none of oficina's own packages is imported: starting is part of
# the time that a user waits for the first line of a job.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
main = __import__("supervision.job", fromlist=["main"]).main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
