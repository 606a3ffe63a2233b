"""From a trained model to a quantum model with the same manners."""

from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.door import deploy

__all__ = ["QuantumClassifier", "deploy"]
