"""Networks as plain arrays, which give the states of trained models without torch."""
