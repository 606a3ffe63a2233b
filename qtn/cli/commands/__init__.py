"""One file per command; each imports its rooms when it runs, so that `qtn --help` is quick."""
