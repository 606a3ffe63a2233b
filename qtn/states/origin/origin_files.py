"""How the file of a state keeps where the state came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qtn._checks import choice, fail
from qtn._io import resolve
from qtn.states.origin.origins import Origin, Trained

# Kinds of origins that files keep.
_IN_FILES = ("evolution", "ground-state", "propagator", "trained")


def origin_from_file(arrays: dict[str, np.ndarray], header: dict[str, Any], sites: int) -> Origin:
    """Return the origin of a state of that many sites that a file holds.

    Raises:
        ArgumentError: no such origin, or that of another state.
    """
    kind = choice("origin", header["kind"], _IN_FILES)
    if kind == Trained.kind:
        return Trained.unpack(header, sites)
    origin: Any = resolve(kind).unpack(arrays, header)
    if origin.hamiltonian.num_qubits != sites:
        raise fail("hamiltonian", f"an operator on {sites} sites", origin.hamiltonian)
    found: Origin = origin
    return found


def pack_origin(origin: Origin | None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the header by which a state's file keeps its origin.

    An origin whose Hamiltonian is an MPO is not kept.
    """
    operator = getattr(origin, "hamiltonian", None)
    if origin is None or origin.kind is None or getattr(operator, "kind", None) == "mpo":
        return {}, {}
    inner, text = origin.pack()
    arrays = {f"origin.{name}": array for name, array in inner.items()}
    return arrays, {"origin": {"kind": origin.kind, **text}}


def unpack_origin(
    arrays: dict[str, np.ndarray], header: dict[str, Any], sites: int
) -> Origin | None:
    """Return the origin that `pack_origin` took apart, None where there is none."""
    if "origin" not in header:
        return None
    inner = {k[7:]: a for k, a in arrays.items() if k.startswith("origin.")}
    return origin_from_file(inner, header["origin"], sites)


def pack_chain(
    tensors: Sequence[np.ndarray], origin: Origin | None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the header that files keep of a chain, its origin's among them."""
    arrays, header = pack_origin(origin)
    arrays |= {f"tensor.{i}": t for i, t in enumerate(tensors)}
    return arrays, {"n": len(tensors), **header}


def unpack_chain(
    arrays: dict[str, np.ndarray], header: dict[str, Any]
) -> tuple[tuple[np.ndarray, ...], Origin | None]:
    """Return the tensors and the origin that `pack_chain` took apart."""
    origin = unpack_origin(arrays, header, header["n"])
    return tuple(arrays[f"tensor.{i}"] for i in range(header["n"])), origin
