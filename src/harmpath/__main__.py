"""``python -m harmpath``."""

from harmpath.cli import main

main()
