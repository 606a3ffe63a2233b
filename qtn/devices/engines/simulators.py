"""Simulators by name: Aer, the tensor network, and the fake backends of IBM's client."""

from __future__ import annotations

import difflib
import functools
from dataclasses import replace
from typing import Any

from qiskit.providers import BackendV2

from qtn._optional import require
from qtn.devices.engines.base import Engine
from qtn.devices.engines.gpu import CPU, Aer
from qtn.errors import ArgumentError

__all__ = ["SIMULATORS", "backend_engine", "fake_backend_names", "named_engine"]

SIMULATORS = ("aer", "aer-gpu", "tensor")


@functools.cache
def named_engine(name: str, engine: str = "auto", aer: Aer = CPU) -> Engine:
    """Return the engine of a simulator or fake backend, one per name.

    Args:
        name: `"aer"`, `"aer-gpu"`, `"tensor"`, or a fake backend; capitals, dashes, underscores
            and a final V2 do not matter.
        engine: as in `qtn.Device`.
        aer: GPU and precision.

    Raises:
        ArgumentError: unknown name, with the nearest names.
        MissingExtraError: the package of the fake backends is not installed.
    """
    if name in ("aer", "aer-gpu"):
        from qtn.devices.engines.aer import AerEngine

        return AerEngine(name, replace(aer, gpu=aer.gpu or name == "aer-gpu"))
    if name == "tensor":
        from qtn.devices.engines.tensor_engine import TensorEngine

        return TensorEngine()
    classes = _fake_classes()
    matches = {_plain(n): n for n in classes}
    if _plain(name) not in matches:
        near = difflib.get_close_matches(_plain(name), [*matches, *SIMULATORS], n=3, cutoff=0.5)
        nearest = [matches.get(n, n) for n in near]
        hint = f"Did you mean {' or '.join(repr(n) for n in nearest)}? " if nearest else ""
        known = ", ".join((*SIMULATORS, *sorted(classes)))
        raise ArgumentError(
            f"Argument `device` is {name!r}, which is no known device. {hint}Known: {known}; "
            "or give a Qiskit backend or sampler object."
        )
    return _fake_engine(matches[_plain(name)], engine, aer)


@functools.cache
def _fake_engine(name: str, engine: str, aer: Aer) -> Engine:
    """One engine per fake device, so that all spellings of its name share what is cached."""
    return backend_engine(_fake_classes()[name](), engine, aer)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").removesuffix("v2")


def fake_backend_names() -> tuple[str, ...]:
    """Return the names of the fake backends that qiskit-ibm-runtime offers offline."""
    return tuple(sorted(_fake_classes()))


@functools.cache
def _fake_classes() -> dict[str, Any]:
    provider = require("qiskit_ibm_runtime.fake_provider", "ibm")
    classes = {n: getattr(provider, n) for n in dir(provider) if n.startswith("Fake")}
    return {n: c for n, c in classes.items() if isinstance(c, type) and issubclass(c, BackendV2)}


def backend_engine(backend: BackendV2, engine: str, aer: Aer = CPU) -> Engine:
    """Return the engine of a backend: a simulation of its noise, or its own `run`.

    Args:
        backend: any; a fake or generic one only describes a device.
        engine: as in `qtn.Device`.
        aer: GPU and precision of a simulation.
    """
    from qtn.devices.engines.samplers import own_engine
    from qtn.devices.engines.simulated import SimulatedEngine

    if engine == "backend" or (engine == "auto" and not _is_offline_model(backend)):
        return own_engine(backend)
    return SimulatedEngine(backend, engine, aer)


def _is_offline_model(backend: BackendV2) -> bool:
    """Say whether a backend is only a description of a device that Aer would simulate."""
    kinds = {base.__name__ for base in type(backend).__mro__}
    return bool(kinds & {"FakeBackendV2", "GenericBackendV2"})
