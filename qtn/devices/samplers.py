"""Foreign backends and samplers: counts taken so that missing data is never read as zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BaseSamplerV2, BitArray
from qiskit.providers import BackendV2
from qiskit.transpiler import Target

from qtn._optional import require
from qtn._random import generator
from qtn.devices.aer import packed_bits
from qtn.devices.resolve import Engine, Pub
from qtn.devices.tensor_engine import sampler_bits
from qtn.errors import DeviceError

__all__ = ["BackendEngine", "SamplerEngine", "backend_engine", "bits_of_experiment"]


class SamplerEngine(Engine):
    """Any `BaseSamplerV2`, with whatever options its owner set (session, twirling, ...)."""

    local = False

    def __init__(self, sampler: BaseSamplerV2) -> None:
        backend = _backend_of(sampler)
        name = getattr(backend, "name", None)
        label = type(sampler).__name__ + (f" on {name}" if isinstance(name, str) else "")
        super().__init__(label, _target_of(sampler, backend))
        self.sampler = sampler

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        return sampler_bits(self.sampler, pubs, shots), f"{self.name}: given by the caller"


class BackendEngine(Engine):
    """Any `BackendV2` with a `run` method, bound circuits in jobs of at most `max_circuits`."""

    local = False

    def __init__(self, backend: BackendV2) -> None:
        super().__init__(str(backend.name), backend.target)
        self.backend = backend

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        bound = bound_circuits(pubs)
        options: dict[str, Any] = {}
        if hasattr(self.backend.options, "memory"):
            options["memory"] = True
        if hasattr(self.backend.options, "seed_simulator"):
            options["seed_simulator"] = seed
        limit = self.backend.max_circuits or len(bound)
        arrays: list[NDArray[np.uint8]] = []
        for start in range(0, len(bound), limit):
            part = bound[start : start + limit]
            result = self.backend.run(part, shots=shots, **options).result()
            arrays += [
                bits_of_experiment(result, k, circuit, shots, seed)
                for k, circuit in enumerate(part)
            ]
        return regroup(arrays, pubs), f"{self.name}: its own run method"


def backend_engine(backend: BackendV2) -> Engine:
    """Return the engine of a backend: IBM's through its sampler, others through `run`."""
    if any(base.__name__ == "IBMBackend" for base in type(backend).__mro__):
        runtime = require("qiskit_ibm_runtime", "ibm")
        return SamplerEngine(runtime.SamplerV2(mode=backend))
    return BackendEngine(backend)


def bound_circuits(pubs: Sequence[Pub]) -> list[QuantumCircuit]:
    """Bind every set of values; the order is circuit by circuit, binding by binding."""
    bound = []
    for circuit, values in pubs:
        rows = [None] if values is None else list(values)
        bound += [circuit if r is None else circuit.assign_parameters(r) for r in rows]
    return bound


def regroup(arrays: list[NDArray[np.uint8]], pubs: Sequence[Pub]) -> list[BitArray]:
    """Undo `bound_circuits` for the packed bits of each bound circuit."""
    found, start = [], 0
    for circuit, values in pubs:
        count = 1 if values is None else len(values)
        part = arrays[start : start + count]
        start += count
        found.append(BitArray(part[0] if values is None else np.stack(part), circuit.num_clbits))
    return found


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
    data = entry.data
    memory = getattr(data, "memory", None)
    counts = getattr(data, "counts", None)
    if memory:
        outcomes = [_hexadecimal(m, name) for m in memory]
    elif counts:
        repeated = [(_hexadecimal(k, name), int(c)) for k, c in counts.items()]
        outcomes = [k for k, c in repeated for _ in range(c)]
        order = generator(seed, "expand-counts", index).permutation(len(outcomes))
        outcomes = [outcomes[i] for i in order]
    else:
        raise DeviceError(
            f"The backend returned neither memory nor counts for {name} "
            f"(status {getattr(entry, 'status', 'unknown')!s}). Its outcome is unknown, not zero."
        )
    if len(outcomes) != shots:
        raise DeviceError(
            f"The backend returned {len(outcomes)} shots instead of {shots} for {name}. "
            "The partial result is not used; run the circuit again."
        )
    if any(int(m, 16) >> circuit.num_clbits for m in outcomes):
        raise DeviceError(
            f"The backend returned outcomes with more than {circuit.num_clbits} bits for {name}. "
            "Check that the circuit's measurements match what the backend ran."
        )
    return packed_bits(outcomes, circuit.num_clbits)


def _hexadecimal(outcome: Any, name: str) -> str:
    text = str(outcome).replace(" ", "")
    try:
        return hex(int(text, 16) if text.lower().startswith("0x") else int(text, 2))
    except ValueError:
        raise DeviceError(
            f"The backend returned the outcome {text[:40]!r} for {name}, which is neither "
            "hexadecimal nor binary. Its results cannot be read."
        ) from None


def _backend_of(sampler: BaseSamplerV2) -> Any:
    """Find the backend behind a sampler; a property in some clients, a method in others."""
    for attribute in ("backend", "_backend"):
        found = getattr(sampler, attribute, None)
        if callable(found) and not isinstance(found, BackendV2):
            found = found()
        if isinstance(found, BackendV2):
            return found
    return None


def _target_of(sampler: BaseSamplerV2, backend: Any) -> Target | None:
    if backend is not None:
        target = backend.target
        # a simulator without couplings takes any placement: leave the circuit as it is
        if isinstance(target, Target) and target.build_coupling_map() is not None:
            return target
    return None
