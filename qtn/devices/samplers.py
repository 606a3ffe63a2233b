"""Foreign backends and samplers: counts taken so that missing data is never read as zeros."""

from __future__ import annotations

import dataclasses
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, BaseEstimatorV2, BaseSamplerV2, BitArray
from qiskit.providers import BackendV2
from qiskit.transpiler import Target
from qiskit_aer.backends.aerbackend import AerBackend

from qtn._optional import require
from qtn._random import generator
from qtn.devices.aer import packed_bits
from qtn.devices.measurements import bits_of
from qtn.devices.resolve import JobFailedError, Pub, RemoteEngine
from qtn.errors import DeviceError

__all__ = [
    "BackendEngine",
    "PrimitiveEngine",
    "SamplerEngine",
    "backend_engine",
    "backend_of",
    "bits_of_experiment",
    "dies_with_process",
    "options_text",
    "result_of",
    "sampler_engine",
    "scrubbed",
    "target_of",
]


class ProviderEngine(RemoteEngine):
    """A device that hands out job objects, and perhaps finds them again by their ids."""

    retrieve: Callable[[str], Any] | None = None

    def __init__(self, name: str, target: Target | None) -> None:
        super().__init__(name, target)
        self._jobs: dict[str, Any] = {}

    def usage(self, job_id: str) -> float | None:
        return _usage(self._job(job_id))

    def cancel(self, job_id: str) -> None:
        self._job(job_id).cancel()

    def _kept(self, job: Any) -> str:
        self._jobs[str(job.job_id())] = job
        return str(job.job_id())

    def _job(self, job_id: str) -> Any:
        if job_id in self._jobs:
            return self._jobs[job_id]
        if self.retrieve is None:
            raise JobFailedError(
                f"Job {job_id} ended with the process that started it; {self.name} keeps none. "
                "Submit it again with `qtn jobs resume --resubmit`."
            )
        return self.retrieve(job_id)


class PrimitiveEngine(ProviderEngine):
    """A `BaseSamplerV2` or `BaseEstimatorV2`, with whatever options its owner set.

    Args:
        primitive: the object; session, twirling and resilience options stay as they are.
    """

    def __init__(self, primitive: BaseSamplerV2 | BaseEstimatorV2) -> None:
        self.backend = backend_of(primitive)
        self._service: Any = getattr(primitive, "_service", None)
        name = getattr(self.backend, "name", None)
        label = type(primitive).__name__ + (f" on {name}" if isinstance(name, str) else "")
        super().__init__(label, target_of(self.backend))
        self.local = dies_with_process(primitive)
        self.search_is_complete = self.local
        self.options = options_text(primitive)
        self._environment = getattr(getattr(primitive, "options", None), "environment", None)
        self.retrieve = getattr(self._service, "job", None)

    @abstractmethod
    def start(self, pubs: Sequence[Pub], shots: int) -> Any:
        """Hand the work to the primitive and return its job."""

    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        tags = getattr(self._environment, "job_tags", None)
        if tag and self._environment is not None:
            self._environment.job_tags = [*(tags or []), tag]
        try:
            job = self.start(pubs, shots)
        finally:
            if tag and self._environment is not None:
                self._environment.job_tags = tags
        return self._kept(job)

    def find(self, tag: str) -> list[str]:
        if self.local or not hasattr(self._service, "jobs"):
            return []
        return [str(job.job_id()) for job in self._service.jobs(job_tags=[tag])]


class SamplerEngine(PrimitiveEngine):
    """Any `BaseSamplerV2`."""

    def __init__(self, sampler: BaseSamplerV2) -> None:
        super().__init__(sampler)
        self.sampler = sampler

    def start(self, pubs: Sequence[Pub], shots: int) -> Any:
        work = [(c,) if v is None else (c, v) for c, v in pubs]
        return self.sampler.run(work, shots=shots)

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[BitArray], str]:
        entries = list(result_of(self._job(job_id)))
        found = [bits_of(r.data, c) for r, (c, _) in zip(entries, pubs, strict=False)]
        if len(entries) != len(pubs) or any(b.num_shots != shots for b in found):
            raise DeviceError(
                f"Job {job_id} returned {len(entries)} results for {len(pubs)} circuits, or "
                f"another number of shots than {shots}. The partial result is not used."
            )
        return found, f"{self.name}: given by the caller"


class BackendEngine(ProviderEngine):
    """Any `BackendV2` with a `run` method, bound circuits in jobs of at most `max_circuits`."""

    def __init__(self, backend: BackendV2, run_options: dict[str, Any] | None = None) -> None:
        super().__init__(str(backend.name), target_of(backend))
        self.backend = backend
        self.batch = backend.max_circuits or RemoteEngine.batch
        self.local = isinstance(backend, AerBackend) or not hasattr(backend, "retrieve_job")
        self.search_is_complete = self.local or bool(getattr(backend, "search_is_complete", False))
        self._run_options = run_options or {}
        self.retrieve = getattr(backend, "retrieve_job", None)

    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        options: dict[str, Any] = dict(self._run_options)
        wanted = {"memory": True, "seed_simulator": seed, "job_tags": [tag]}
        options |= {k: v for k, v in wanted.items() if hasattr(self.backend.options, k)}
        job = self.backend.run(bound_circuits(pubs), shots=shots, **options)
        return self._kept(job)

    def find(self, tag: str) -> list[str]:
        if not hasattr(self.backend, "jobs"):
            return []
        return [str(job.job_id()) for job in self.backend.jobs(job_tags=[tag])]

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[BitArray], str]:
        result = result_of(self._job(job_id))
        arrays = [
            bits_of_experiment(result, k, circuit, shots, seed)
            for k, circuit in enumerate(bound_circuits(pubs))
        ]
        return regroup(arrays, pubs), f"{self.name}: its own run method"


def backend_engine(backend: BackendV2) -> RemoteEngine:
    """Return the engine of a backend: IBM's through its sampler, others through `run`."""
    if any(base.__name__ == "IBMBackend" for base in type(backend).__mro__):
        client = require("qiskit_ibm_runtime.executor_sampler", "ibm")
        return SamplerEngine(client.Sampler(mode=backend))
    return BackendEngine(backend)


def sampler_engine(sampler: BaseSamplerV2) -> RemoteEngine:
    """Return the engine of a sampler.

    Qiskit's own wrapper of backends reads results without per-shot memory as all zeros, so its
    backend is used directly.
    """
    if type(sampler) is BackendSamplerV2:
        return BackendEngine(sampler.backend, sampler.options.run_options)
    return SamplerEngine(sampler)


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


def backend_of(sampler: BaseSamplerV2 | BaseEstimatorV2) -> Any:
    """Find the backend behind a sampler; a property in some clients, a method in others."""
    for attribute in ("backend", "_backend"):
        found = getattr(sampler, attribute, None)
        if callable(found) and not isinstance(found, BackendV2):
            found = found()
        if isinstance(found, BackendV2):
            return found
    return None


def target_of(backend: Any) -> Target | None:
    """Return the target of a device; None where any circuit of simulator gates can run."""
    target = getattr(backend, "target", None)
    if isinstance(target, Target) and (target.build_coupling_map() is not None or _strict(target)):
        return target
    return None


def _strict(target: Target) -> bool:
    """Say whether a target without couplings still restricts the gates (ions: all to all)."""
    return not {"h", "u", "cx"} <= set(target.operation_names)


def dies_with_process(sampler: BaseSamplerV2 | BaseEstimatorV2) -> bool:
    """Say whether a primitive computes here, so that its jobs are neither paid for nor kept."""
    service = getattr(sampler, "_service", None)
    if service is not None:
        return bool(getattr(service, "is_local", False))
    return type(sampler).__module__.split(".")[0] in ("qiskit", "qiskit_aer", "qtn")


def options_text(primitive: Any) -> str:
    """Write the options of a primitive as JSON, so that other options make another request.

    Tags and log levels do not change what is computed and are left out.
    """
    options: Any = getattr(primitive, "options", None)
    if hasattr(options, "model_dump"):
        told: dict[str, Any] = options.model_dump()
    elif dataclasses.is_dataclass(options) and not isinstance(options, type):
        told = dataclasses.asdict(options)
    else:
        return ""
    told.pop("environment", None)
    text = json.dumps(told, sort_keys=True, default=_plain)
    return re.sub(r"0x[0-9a-f]{6,}", "", text)


def _plain(option: Any) -> Any:
    return option.to_dict() if hasattr(option, "to_dict") else repr(option)


def result_of(job: Any) -> Any:
    """Return a job's result; a job that the provider has given up raises `JobFailedError`."""
    try:
        return job.result()
    except JobFailedError:
        raise
    except Exception as error:
        status = job.status()
        if str(getattr(status, "name", status)).upper() in ("ERROR", "CANCELLED"):
            reason = scrubbed(error)
            raise JobFailedError(
                f"Job {job.job_id()} ended with status {status!s}: {reason}. See `qtn jobs show`; "
                "`qtn jobs resume --resubmit` submits (and pays) again."
            ) from None
        raise


def _usage(job: Any) -> float | None:
    """Return the seconds that a job reports as used; zero stands for not accounted for yet."""
    if not callable(getattr(job, "usage", None)):
        return None
    told = job.usage()
    return float(told) if isinstance(told, int | float) and told > 0 else None


def scrubbed(error: BaseException) -> str:
    """Return an error's text without anything that looks like a credential."""
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    text = re.sub(r"(?i)(token|key|secret|password|bearer|crn)\W{1,3}\S+", r"\1 ***", text)
    return re.sub(r"[A-Za-z0-9_\-+/=.]{32,}", "***", text)[:300].rstrip(".")
