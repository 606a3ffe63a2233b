"""Free fermions, and density phases between them: circuits of hops without their entanglement."""

from qtn.physics.free_fermions.block_forecast import BlockWork, forecast_blocks
from qtn.physics.free_fermions.door import MeanField, mean_field

__all__ = ["BlockWork", "MeanField", "forecast_blocks", "mean_field"]
