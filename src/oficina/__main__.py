"""``python -m oficina`` is ``oficina``."""

import sys

from oficina.cli import main

sys.exit(main())
