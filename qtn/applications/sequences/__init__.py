"""Sequences: path and tree quantum tensor networks over tokens."""

from qtn.applications.sequences.door import SequenceClassifier

__all__ = ["SequenceClassifier"]
