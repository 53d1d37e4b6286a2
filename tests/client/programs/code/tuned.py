"""A user's training script that is tuned: what it prints is best at depth 3."""

import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--rate", type=float)
parser.add_argument("--mode")
arguments, _ = parser.parse_known_args()
print(f"validation-auc: {1 - abs(arguments.depth - 3) / 10 - arguments.rate / 100}")
(Path(os.environ["SM_MODEL_DIR"]) / "depth").write_text(f"{arguments.depth} {arguments.mode}")
