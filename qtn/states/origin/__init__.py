"""What a state remembers of where it came from, so that a compiler can choose a good start.

`MPS.origin` is one of these or None. They are plain data: who evolves, cools or prepares a state
makes one, and whoever asks looks at its type.
"""

from qtn.states.origin.origins import (
    Evolved,
    Ground,
    Options,
    Origin,
    Prepared,
    Propagated,
    Start,
    Trained,
    operator_text,
    pack_operator,
    unpack_operator,
)

__all__ = [
    "Evolved",
    "Ground",
    "Options",
    "Origin",
    "Prepared",
    "Propagated",
    "Start",
    "Trained",
    "operator_text",
    "pack_operator",
    "unpack_operator",
]
