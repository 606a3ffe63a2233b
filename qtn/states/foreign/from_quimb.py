"""States of quimb as chains of tensors (left, phys, right): exact, or refused with advice.

Any tensor network with one open index per site becomes a chain by one sweep: the tensors of a site
are contracted with what the sites before it left over, and a QR decomposition splits this into the
chain's tensor and a rest that carries every bond across the cut. Loops (a periodic chain, a
lattice) and crossing bonds (a permuted chain) make the chain's bonds larger, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.states.foreign.exponents import NO_SITES, with_exponent
from qtn.states.kernels.circuit import apply_gates
from qtn.states.kernels.work import refuse_above

__all__ = ["chain_from_quimb", "operator_from_quimb", "vector_from_quimb"]

MAX_ENTRIES = 2**24  # of a tensor met on the way: 256 MiB
MAX_DENSE = 2**20  # amplitudes of a network that is contracted as a whole
MAX_BOND = 128  # of a chain to which the gates of a lazy circuit are applied
OPERATOR = (
    "is an operator, not a state. Give the state that is meant: its ground state "
    "(quimb.tensor.DMRG2, qtn.ground_state), or what it makes of a state (operator.apply(state))."
)
NO_STATE = "is no state. Give the state that it holds, for instance dmrg.state or tebd.pt."
LARGE = (
    "has too many bonds across one cut for an exact chain. Compress it in quimb first "
    "(quimb.tensor.tensor_network_1d_compress, or CircuitMPS in place of Circuit)."
)


@few_threads(1)
def chain_from_quimb(source: Any) -> tuple[NDArray[Any], ...]:
    """Return tensors (left, phys, right), one per site in the order of `source.sites`.

    Args:
        source: a tensor network of quimb with one open index per site (`MatrixProductState` with
            open or periodic ends, PEPS, trees), or a circuit of quimb.

    Raises:
        ArgumentError: an operator, a network without sites, or bonds too large; with advice.

    Cost: O(sites × (product of the bonds across a cut)³).
    """
    network = _network(source)
    sites = list(network.sites)
    physical = [network.site_ind(site) for site in sites]
    extra = sorted(set(network.outer_inds()) ^ set(physical))
    if extra:
        raise _refusal(source, f"must have one open index per site, but differs in {extra[:3]}.")
    tensors = _replayed(source, network, physical)
    if tensors is None:
        if max(map(len, network.ind_map.values()), default=0) > 2:
            network = network.hyperinds_resolve()
        groups = _groups(network, sites, physical)
        tensors = _sweep(groups, physical)
        if tensors is None and math.prod(network.ind_size(i) for i in physical) <= MAX_DENSE:
            groups = [[t for group in groups for t in group], *([] for _ in sites[1:])]
            tensors = _sweep(groups, physical)
    if tensors is None:
        raise _refusal(source, LARGE)
    return tuple(with_exponent(tensors, network.exponent))


@few_threads(1)
def vector_from_quimb(ket: Any) -> NDArray[Any]:
    """Return the amplitudes of a ket of quimb in Qiskit's order.

    quimb counts its first site as the most significant digit of the index, Qiskit its first qubit
    as the least significant one.

    Raises:
        ArgumentError: a bra, an operator, or sites that are no qubits.
    """
    array = np.asarray(ket)
    if array.ndim == 2 and array.shape[1] != 1:
        what = "a bra. Give its ket: bra.H" if array.shape[0] == 1 else "a matrix, not a ket"
        raise ArgumentError(f"The {type(ket).__name__} of shape {array.shape} is {what}.")
    qubits = array.size.bit_length() - 1
    if array.size != 2**qubits or qubits < 1:
        raise ArgumentError(
            f"The ket of {array.size} amplitudes is no state of qubits. Pad it to 2^n amplitudes, "
            "or give a matrix product state with its physical dimensions."
        )
    return array.reshape((2,) * qubits).transpose().reshape(-1)


@few_threads(1)
def operator_from_quimb(operator: Any) -> tuple[NDArray[Any], ...]:
    """Return tensors (left, out, in, right) of a `MatrixProductOperator` of quimb.

    Raises:
        ArgumentError: something else, periodic ends, or sites that are no qubits; with advice.
    """
    if not all(hasattr(operator, name) for name in ("upper_ind", "lower_ind", "sites", "cyclic")):
        raise _refusal(operator, "is no MatrixProductOperator, which an operator must be.")
    sites = list(operator.sites)
    if operator.cyclic or operator.num_tensors != len(sites):
        raise _refusal(
            operator,
            "must be a MatrixProductOperator with open ends and one tensor per site. For a small "
            "one give the matrix: operator.to_dense() has the first site as the most significant "
            "digit, so give qtn.MPO.from_dense of it with the sites reversed.",
        )
    tensors = []
    for k, site in enumerate(sites):
        tensor = operator[site]
        bonds = [
            operator.bond(*pair) if k + shift >= 0 and k + shift + 1 < len(sites) else None
            for shift, pair in ((-1, sites[k - 1 : k + 1]), (0, sites[k : k + 2]))
        ]
        named = [operator.upper_ind(site), operator.lower_ind(site)]
        order = [i for i in (bonds[0], *named, bonds[1]) if i is not None]
        array = _double(np.asarray(tensor.transpose(*order).data))
        if array.shape[0 if bonds[0] is None else 1 :][:2] != (2, 2):
            raise _refusal(operator, f"must act on qubits, but site {site} has another dimension.")
        left = 1 if bonds[0] is None else array.shape[0]
        tensors.append(array.reshape(left, 2, 2, -1))
    tensors[0] = tensors[0] * 10.0 ** float(operator.exponent)
    return tuple(tensors)


def _network(source: Any) -> Any:
    """Return the tensor network of a state or circuit."""
    try:
        network = source.psi if callable(getattr(source, "get_psi", None)) else source
    except (NotImplementedError, TypeError, ValueError) as error:
        raise _refusal(source, NO_STATE) from error
    if hasattr(network, "upper_ind_id"):
        raise _refusal(source, OPERATOR)
    if not hasattr(network, "tensors"):
        raise _refusal(source, NO_SITES if hasattr(network, "inds") else NO_STATE)
    if not hasattr(network, "site_ind"):
        raise _refusal(source, NO_SITES)
    return network


def _groups(network: Any, sites: Sequence[Any], physical: Sequence[str]) -> list[list[Any]]:
    """Give every tensor to one site: that of its open index, or the first that its tags name."""
    opened = {index: k for k, index in enumerate(physical)}
    named = {network.site_tag(site): k for k, site in enumerate(sites)}
    groups: list[list[Any]] = [[] for _ in sites]
    for tensor in network.tensors:
        own = [opened[i] for i in tensor.inds if i in opened]
        others = [named[tag] for tag in tensor.tags if tag in named]
        groups[min(own or others or [len(sites) - 1])].append(tensor)
    return groups


def _sweep(groups: list[list[Any]], physical: Sequence[str]) -> list[NDArray[Any]] | None:
    """Turn the tensors of each site into a chain, or return None where one gets too large."""
    from autoray import to_numpy
    from quimb.tensor import Tensor, rand_uuid

    bond = rand_uuid()
    rest = Tensor(np.ones(1), inds=(bond,))
    chain: list[NDArray[Any]] = []
    for k, (site, group) in enumerate(zip(physical, groups, strict=True)):
        here = [rest, *(Tensor(_double(to_numpy(t.data)), inds=t.inds) for t in group)]
        met = [i for tensor in here for i in tensor.inds]
        others = [i for i in met if met.count(i) == 1 and i not in (bond, site)]
        block = _contracted(here, [bond, site, *others])
        if block is None:
            return None
        left, phys = block.shape[:2]
        if k + 1 == len(groups):
            return [*chain, block.reshape(left, phys, 1)]
        q, r = np.linalg.qr(block.reshape(left * phys, -1))
        scale = float(np.max(np.abs(r))) or 1.0  # long chains would overflow
        chain.append(scale * q.reshape(left, phys, -1))
        bond = rand_uuid()
        rest = Tensor((r / scale).reshape(-1, *block.shape[2:]), inds=(bond, *others))
    return chain


def _contracted(tensors: list[Any], inds: list[str]) -> NDArray[Any] | None:
    """Contract the tensors of one site, or return None if something on the way is too large."""
    from quimb.tensor import tensor_contract

    if len(tensors) > 1:
        path = tensor_contract(*tensors, output_inds=inds, get="path-info")
        if path.largest_intermediate > MAX_ENTRIES:
            return None
    whole = tensor_contract(*tensors, output_inds=inds, preserve_tensor=True)
    return np.asarray(whole.transpose(*inds).data)


def _replayed(source: Any, network: Any, physical: Sequence[str]) -> list[NDArray[Any]] | None:
    """Apply the gates of a lazy circuit of qubits one by one to its product state.

    None where the network is not that: gates contracted into the first tensors, or on three qubits.
    """
    gates = getattr(source, "gates", None)
    first = [t for t in network.tensors if "PSI0" in t.tags]
    if not gates or len(first) != len(physical):
        return None
    untouched = all(t.ndim == 1 and not any(g.startswith("GATE_") for g in t.tags) for t in first)
    known = all(f"GATE_{k}" in network.tag_map for k in range(len(gates)))
    if not (untouched and known) or any(g.controls or len(g.qubits) > 2 for g in gates):
        return None
    place = {network.site_tag(site): k for k, site in enumerate(network.sites)}
    start: list[NDArray[Any]] = [np.zeros(0)] * len(physical)
    for tensor in first:
        (site,) = (place[tag] for tag in tensor.tags if tag in place)
        start[site] = _double(np.asarray(tensor.data)).reshape(1, -1, 1)
    listed = [(g.qubits, np.asarray(g.array).reshape((2 ** len(g.qubits),) * 2)) for g in gates]
    try:
        built = apply_gates(start, listed, cutoff=1e-16, method="svd", watch=refuse_above(MAX_BOND))
    except ArgumentError:
        return None
    return list(built.tensors)


def _double(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _refusal(source: Any, text: str) -> ArgumentError:
    return ArgumentError(f"The {type(source).__name__} of quimb {text}")
