"""`python -m brownout` is the command line."""

import sys

from brownout._cli import main

sys.exit(main())
