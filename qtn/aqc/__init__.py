"""The compiler: state in, short circuit out."""

from __future__ import annotations

from qtn.aqc.circuit_files import card_entry, read_card, save_circuit
from qtn.aqc.compression import compress
from qtn.aqc.door import compile
from qtn.aqc.methods.auto import Auto
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.hops import Hops
from qtn.aqc.methods.isometries import Isometries
from qtn.aqc.methods.resume import Resume
from qtn.aqc.methods.segments import Segments
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.trees import Tree
from qtn.aqc.methods.window import Window
from qtn.aqc.points import Limits, Point
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.ansatz import Ansatz, Layer
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.reuse import Reused
from qtn.aqc.shape.routing import Routed
from qtn.aqc.state_gate import StateGate, gate
from qtn.states.qubits import embed_in_qubits

__all__ = [
    "Ansatz",
    "Auto",
    "Blocks",
    "Brickwall",
    "Compiled",
    "Hops",
    "Isometries",
    "Job",
    "Layer",
    "Limits",
    "Method",
    "Point",
    "Record",
    "Resume",
    "Reused",
    "Routed",
    "Segments",
    "Solution",
    "Staircase",
    "StateGate",
    "Status",
    "Tree",
    "Window",
    "card_entry",
    "compile",
    "compress",
    "embed_in_qubits",
    "gate",
    "read_card",
    "save_circuit",
]
