"""Start Tracking Workbench: ``python main.py [VIDEO | PROJECT.wbp | COMMAND ...]``."""

import sys

from workbench.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
