"""`python -m exchange` is the `lienthong` command."""

import sys

from exchange.cli import main

sys.exit(main())
