"""States of other packages as ours, and back."""
