"""Whether what came back belongs to what was asked: its number, its shape, its shots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit.primitives import BitArray

from qtn.devices.engines.base import Pub, Raw, Values
from qtn.errors import DeviceError

__all__ = ["check_answers"]


def check_answers(pubs: Sequence[Pub], raw: Sequence[Raw], shots: int, who: str) -> None:
    """Compare measured bits (or values) with the circuits that were to give them.

    Args:
        pubs: the circuits, with their values, and their observables for an estimator.
        raw: what came back for each.
        shots: asked for.
        who: gave it, for the message.

    Raises:
        DeviceError: another number of results, another shape, other shots, or values that are no
            numbers.
    """
    if len(raw) != len(pubs):
        raise DeviceError(
            f"{who} returned {len(raw)} results for {len(pubs)} circuits. The partial result is "
            "not used."
        )
    for pub, answer in zip(pubs, raw, strict=True):
        reason = _misfit(pub, answer, shots)
        if reason:
            raise DeviceError(
                f"{who} returned {reason} for circuit {pub.circuit.name!r}. The partial result is "
                "not used."
            )


def _misfit(pub: Pub, answer: Raw, shots: int) -> str:
    """Say what is wrong with an answer; nothing if it fits."""
    shape = pub.shape
    if isinstance(answer, Values):
        shape += () if pub.observables is None else (len(pub.observables),)
        fits = answer.value.shape == shape and answer.stderr.shape == shape
        if not fits or pub.observables is None:
            return f"another number of values than asked ({answer.value.shape} for {shape})"
        if not np.isfinite(answer.value).all() or not (answer.stderr >= 0).all():
            return "values or errors that are no numbers"
        return ""
    if not isinstance(answer, BitArray) or pub.observables is not None:
        return f"a {type(answer).__name__}"
    if answer.shape != shape:
        return f"bits of shape {answer.shape} instead of {shape}"
    if answer.num_shots != shots:
        return f"another number of shots than {shots} ({answer.num_shots})"
    if answer.num_bits != pub.circuit.num_clbits:
        return f"{answer.num_bits} bits instead of {pub.circuit.num_clbits}"
    spare = answer.num_bits % 8
    if spare and (answer.array[..., 0] >> spare).any():
        return f"outcomes with more than {answer.num_bits} bits"
    return ""
