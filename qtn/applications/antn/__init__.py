"""Neural ground states: autoregressive networks on a chain (ANTN)."""

from qtn.applications.antn.door import ANTN, NeuralState, neural_ground_state

__all__ = ["ANTN", "NeuralState", "neural_ground_state"]
