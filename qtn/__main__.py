"""`python -m qtn` is the command line `qtn`."""

from __future__ import annotations

from qtn.cli import main

if __name__ == "__main__":
    main()
