"""``python -m storyfold``: the program."""

import sys

from storyfold.cli.main import main

sys.exit(main())
