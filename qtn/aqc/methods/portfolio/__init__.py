"""What `Auto` tries: candidates, each with the targets that it is for, and the way it is tried."""
