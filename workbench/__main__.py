"""The program's one entry: a command runs without a window, anything else opens the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: arguments after the program's name; by default the process's own.

    Returns:
        The exit status: 0 done, 1 could not be done, 2 asked for wrongly.
    """
    try:
        return _main(argv)
    except KeyboardInterrupt:
        return 130


def _main(argv: Sequence[str] | None) -> int:
    from workbench import cli

    arguments = cli.parse(sys.argv[1:] if argv is None else argv)
    if arguments.command != "window":
        return cli.run(arguments)
    from workbench.ui.app import run_window

    return run_window(arguments.path, read_only=arguments.read_only, screenshot=arguments.screenshot)


if __name__ == "__main__":
    sys.exit(main())
