"""Records: what is written down of a run, so that it can be resumed and listed."""
