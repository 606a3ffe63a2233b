"""Matrix product states of TeNPy as ours, by what they offer, and ours as TeNPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._checks import fail
from qtn._optional import require
from qtn.errors import ArgumentError
from qtn.states import MPS

__all__ = ["mps_from_tenpy", "mps_to_tenpy"]


def mps_from_tenpy(source: Any) -> MPS:
    """Convert a finite `tenpy.networks.mps.MPS`; its norm is kept.

    Conserved charges sort the basis states of a site; here they come back in the order without
    charges, so that for `SpinHalfSite` 0 is up (σᶻ = +1) and for `FermionSite` 0 is empty,
    whatever is conserved.

    Args:
        source: an MPS of TeNPy with finite boundary conditions.

    Raises:
        ArgumentError: an infinite or segment MPS, a purification, or no MPS; with the way out.

    Cost: O(n χ² d).

    Reference: Hauschild et al., SciPost Phys. Codebases 41 (2024).
    """
    name = type(source).__name__
    if not all(hasattr(source, part) for part in ("bc", "get_B", "sites", "norm", "form")):
        raise ArgumentError(
            f"The {name} of TeNPy is no matrix product state. Give one, for instance the `psi` of "
            "an algorithm's engine."
        )
    if source.bc != "finite":
        raise ArgumentError(
            f"The {name} of TeNPy has boundary conditions {source.bc!r}, but a state of finitely "
            'many sites is needed. Build the model with bc_MPS="finite".'
        )
    tensors = []
    for k, site in enumerate(source.sites):
        form = "B" if source.form[k] is not None else None
        tensor = source.get_B(k, form=form)
        if set(tensor.get_leg_labels()) != {"vL", "p", "vR"}:
            raise ArgumentError(
                f"The {name} of TeNPy has legs {tensor.get_leg_labels()} on a site: it describes a "
                "density operator. Give a pure state (tenpy.networks.mps.MPS)."
            )
        array = tensor.transpose(["vL", "p", "vR"]).to_ndarray()  # a copy: get_B may be a view
        tensors.append(array[:, np.argsort(site.perm), :])
    tensors[0] = tensors[0] * source.norm
    return MPS(tuple(tensors))


def mps_to_tenpy(state: MPS) -> Any:
    """Return a chain of qubits as a finite `tenpy.networks.mps.MPS` without charges.

    The sites are `SpinHalfSite(conserve=None)`: 0 is up. TeNPy keeps the norm apart: its tensors
    are brought to canonical form, and `norm` is that of `state`.

    Args:
        state: an MPS of at least two qubits.

    Raises:
        ArgumentError: something else, or a state whose norm is 0 or no floating-point number.
        MissingExtraError: TeNPy is not installed (extra `tenpy`).

    Cost: O(n χ³).
    """
    if not isinstance(state, MPS) or state.n < 2 or set(state.phys) != {2}:
        raise fail("state", "an MPS of at least two qubits", state)
    with np.errstate(over="ignore", invalid="ignore"):
        norm = state.norm()
    if not 0.0 < norm < np.inf:
        way_out = "Give state.normalised()." if norm else ""
        raise fail(
            "state", "a state of positive norm within the floating-point numbers", norm, way_out
        )
    networks = require("tenpy.networks", "tenpy")
    site = networks.site.SpinHalfSite(conserve=None)
    unit = state.normalised()
    tensors = [t.transpose(1, 0, 2) for t in unit.tensors]
    found = networks.mps.MPS.from_Bflat([site] * state.n, tensors, bc="finite", form=None)
    found.canonical_form()
    found.norm = norm
    return found
