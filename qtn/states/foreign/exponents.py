"""What chains and trees of quimb have in common: the exponent that stands apart, the sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

__all__ = ["NO_SITES", "with_exponent"]

NO_SITES = (
    "does not say which open index is which site. Say so to quimb: network.view_as(quimb.tensor."
    'TensorNetworkGenVector, sites=range(n), site_ind_id="k{}", site_tag_id="I{}").'
)


def with_exponent(tensors: Sequence[NDArray[Any]], exponent: float) -> list[NDArray[Any]]:
    """Return the tensors times 10**exponent, of which each takes its share.

    quimb keeps the exponent apart because the number itself may be none of floating point.
    """
    share = 10.0 ** (float(exponent) / len(tensors))
    return [tensor * share for tensor in tensors]
