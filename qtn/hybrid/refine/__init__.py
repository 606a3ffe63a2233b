"""Refinement: the gates of compiled circuits fine-tuned on the task."""
