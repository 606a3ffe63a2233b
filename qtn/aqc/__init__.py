"""The compiler: state in, short circuit out."""

from __future__ import annotations

from qtn.aqc.compression import compress
from qtn.aqc.door import compile
from qtn.aqc.methods.auto import Auto
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.resume import Resume
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.result import Compiled, Point, Record, Status
from qtn.aqc.shape.ansatz import Ansatz, Layer
from qtn.aqc.target import embed_in_qubits

__all__ = [
    "Ansatz",
    "Auto",
    "Brickwall",
    "Compiled",
    "Layer",
    "Point",
    "Record",
    "Resume",
    "Staircase",
    "Status",
    "compile",
    "compress",
    "embed_in_qubits",
]
