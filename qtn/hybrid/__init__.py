"""From a trained model to a quantum model with the same manners."""

from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.door import deploy
from qtn.hybrid.forms.base import Deployed, Form, Measurement
from qtn.hybrid.forms.overlap import Overlap

__all__ = ["Deployed", "Form", "Measurement", "Overlap", "QuantumClassifier", "deploy"]
