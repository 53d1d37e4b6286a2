"""Script mode: the user's program, run by AWS's own `sagemaker-training` toolkit.

The toolkit downloads and unpacks the source, installs its requirements, sets the SM_* environment and runs
the program.
"""

from sagemaker_training import trainer


def run() -> int:
    """Run the user's program; the toolkit writes the failure file and ends the process by itself."""
    trainer.train()
    return 0
