"""Results of backends: bits of every experiment, or a clear refusal.

Missing data are never read as zeros, and data of others never as ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._random import generator
from qtn.devices.engines.aer import packed_bits
from qtn.devices.engines.base import JobFailedError
from qtn.errors import DeviceError

__all__ = ["bits_of_experiment", "check_result"]


def bits_of_experiment(
    result: Any, index: int, circuit: QuantumCircuit, shots: int, seed: int
) -> NDArray[np.uint8]:
    """Return the packed bits of one experiment: from its memory, else from its counts.

    Counts are expanded and put in a random order. A result without either, or with another
    number of shots than asked, is an error: it is never filled with zeros.

    Raises:
        DeviceError: the experiment failed or its data are missing, partial or malformed.
    """
    name = f"experiment {index} ({circuit.name})"
    try:
        entry = result.results[index]
    except IndexError:
        raise DeviceError(
            f"The backend returned {len(result.results)} results, so {name} is missing. "
            "Nothing was filled in; run the missing circuits again."
        ) from None
    memory = getattr(entry.data, "memory", None)
    counts = getattr(entry.data, "counts", None)
    if memory:
        packed = packed_bits([_number(m, circuit, name) for m in memory], circuit.num_clbits)
    elif counts:
        outcomes = packed_bits([_number(k, circuit, name) for k in counts], circuit.num_clbits)
        packed = np.repeat(outcomes, [_times(c, name) for c in counts.values()], axis=0)
        packed = generator(seed, "expand-counts", index).permutation(packed)
    else:
        raise DeviceError(
            f"The backend returned neither memory nor counts for {name} "
            f"(status {getattr(entry, 'status', 'unknown')!s}). Its outcome is unknown, not zero."
        )
    if len(packed) != shots:
        raise DeviceError(
            f"The backend returned {len(packed)} shots instead of {shots} for {name}. "
            "The partial result is not used; run the circuit again."
        )
    return packed


def check_result(result: Any, job_id: str, circuits: int) -> None:
    """Refuse a result that is another job's, incomplete, or declared a failure.

    Raises:
        JobFailedError: the provider itself says that the job, or an experiment of it, failed.
        DeviceError: another job's result, or another number of experiments.
    """
    told = getattr(result, "job_id", None)
    if isinstance(told, str) and told and told != job_id:
        raise DeviceError(
            f"The backend returned the result of job {told} for job {job_id}. It is not used."
        )
    if len(result.results) > circuits:
        raise DeviceError(
            f"Job {job_id} returned {len(result.results)} results for {circuits} circuits. Nobody "
            "can tell which belong to them; none is used."
        )
    failed = [k for k, e in enumerate(result.results) if getattr(e, "success", True) is False]
    if failed or getattr(result, "success", True) is False:
        what = f"experiment {failed[0]} of job {job_id}" if failed else f"job {job_id}"
        raise JobFailedError(
            f"The provider says that {what} did not succeed (status "
            f"{getattr(result.results[failed[0]] if failed else result, 'status', 'unknown')!s}). "
            "Its data are not used; `qtn jobs resume --resubmit` submits (and pays) again."
        )


def _number(outcome: Any, circuit: QuantumCircuit, name: str) -> str:
    """Return an outcome in hexadecimal: from that, from binary digits, or from an integer."""
    text, width = str(outcome).replace(" ", ""), circuit.num_clbits
    try:
        if isinstance(outcome, int | np.integer):
            number, fits = int(outcome), True
        elif text.lower().startswith("0x"):
            number, fits = int(text, 16), True
        else:
            number, fits = int(text, 2), len(text.lower().removeprefix("0b")) <= width
    except ValueError:
        raise DeviceError(
            f"The backend returned the outcome {text[:40]!r} for {name}, which is neither "
            "hexadecimal nor binary. Its results cannot be read."
        ) from None
    if number < 0 or number >> width or not fits:
        raise DeviceError(
            f"The backend returned outcomes with more than {width} bits for {name}. "
            "Check that the circuit's measurements match what the backend ran."
        )
    return hex(number)


def _times(count: Any, name: str) -> int:
    """Return how often an outcome was counted."""
    try:
        whole = int(count)
    except (TypeError, ValueError, OverflowError):
        whole = -1
    if whole < 0 or whole != count or isinstance(count, bool):
        raise DeviceError(
            f"The backend returned the count {count!r} for {name}, which is no number of shots. "
            "Its results cannot be read."
        )
    return whole
