"""`python -m xnn` is `xnn`."""

import sys

from xnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
