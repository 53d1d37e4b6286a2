"""Start a training job in script mode, with AWS's own ``sagemaker-training`` toolkit.

The toolkit reads ``/opt/ml/input/config``, fetches and unpacks the source, installs its requirements, sets
the SM_* variables, runs the program, writes ``/opt/ml/output/failure`` and ends with the program's exit code.
"""

from __future__ import annotations

import importlib.util
import os
import sys


def main() -> int:
    """Run the user's program to its end."""
    if importlib.util.find_spec("sagemaker_training") is None:
        sys.stderr.write(
            "This image has no script mode: add sagemaker-training to its requirements, "
            "or give the job a ContainerEntrypoint.\n"
        )
        return 2
    from sagemaker_training import trainer

    os.environ.setdefault("SAGEMAKER_TRAINING_MODULE", "container_toolkit.script:run")
    trainer.train()
    return 0


if __name__ == "__main__":
    sys.exit(main())
