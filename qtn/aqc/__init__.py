"""The compiler: state in, short circuit out."""

from __future__ import annotations

from qtn.aqc.ansatz import Ansatz, Layer
from qtn.aqc.brickwall import Brickwall
from qtn.aqc.compress import compress
from qtn.aqc.door import compile
from qtn.aqc.optimise import Record
from qtn.aqc.plan import Auto
from qtn.aqc.result import Compiled, Point, Status
from qtn.aqc.resume import Resume
from qtn.aqc.staircase import Staircase
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
