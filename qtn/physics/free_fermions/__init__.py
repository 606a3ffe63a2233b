"""Free fermions, and density phases between them: circuits of hops without their entanglement."""

from qtn.physics.free_fermions.door import MeanField, mean_field

__all__ = ["MeanField", "mean_field"]
