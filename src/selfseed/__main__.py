"""Run the command line: ``python -m selfseed`` is ``selfseed``."""

from selfseed.doors.cli import main

if __name__ == "__main__":
    main()
