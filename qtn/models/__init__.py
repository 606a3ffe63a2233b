"""Models: tensor networks trained classically, with the manners of scikit-learn."""

from qtn.models.mps import MPSClassifier

__all__ = ["MPSClassifier"]
