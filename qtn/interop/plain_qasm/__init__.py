"""OpenQASM as most programs write it, read fast: gates of the standard libraries, and measurements.

What is not understood here is left to Qiskit's readers, which know the whole language, take some
hundred times longer, and say what is wrong with a text.
"""

from qtn.interop.plain_qasm.statements import read_plain

__all__ = ["read_plain"]
