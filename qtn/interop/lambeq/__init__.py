"""Sentences as circuits: readers, grammars and the export of lambeq's diagrams to Qiskit.

lambeq itself (extra `language`) is imported here and nowhere else, when it is first needed.
"""

from qtn.interop.lambeq.export import from_lambeq
from qtn.interop.lambeq.grammar import Grammar
from qtn.interop.lambeq.readers import sentence_diagram
from qtn.interop.lambeq.selected import SentenceCircuit

__all__ = ["Grammar", "SentenceCircuit", "from_lambeq", "sentence_diagram"]
