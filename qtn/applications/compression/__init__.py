"""Compression: layers of torch networks as matrix product operators."""

from qtn.applications.compression.door import (
    CompressedLayers,
    LayerSensitivity,
    compress_layers,
    layer_sensitivity,
)
from qtn.applications.compression.exchange import load_layers
from qtn.applications.compression.layerwise import LayerReport
from qtn.applications.compression.layout import Layout
from qtn.applications.compression.modules import MPOConv, MPOLinear

__all__ = [
    "CompressedLayers",
    "LayerReport",
    "LayerSensitivity",
    "Layout",
    "MPOConv",
    "MPOLinear",
    "compress_layers",
    "layer_sensitivity",
    "load_layers",
]
