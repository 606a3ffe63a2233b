"""The doors `qtn.evolve`, exp(-iHt)|psi> as an MPS, and `qtn.propagator`, exp(-iHt) itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Union, overload

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, positive_int, real
from qtn._machine import few_threads, suited
from qtn._progress import checked_progress, progress_bar
from qtn.physics import driven, evolution, tebd
from qtn.physics.charges.switch import in_sharp_gauge
from qtn.physics.evolution import BUG, TDVP, TEBD, ParallelBUG, default_step, step_count
from qtn.physics.long_range.given import as_sum, named, read_chain
from qtn.physics.product import as_state
from qtn.physics.suzuki import layers
from qtn.physics.terms import Terms, as_operator, bond_matrices, neighbour_terms
from qtn.states import MPO, MPS, TTN, BlockMPS
from qtn.states.kernels.circuit import Build, apply_gates, on_outputs
from qtn.states.origin import Evolved, Propagated

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

__all__ = ["evolve", "evolve_through", "propagator"]

_Hamiltonian = Union["ObservableLike", MPO, Callable[[float], "ObservableLike"]]


@overload
def evolve(
    hamiltonian: _Hamiltonian, state: TTN, time: complex, *, cutoff: float = ...,
    max_bond: int | None = ..., method: Any = ..., progress: bool | None = ...,
) -> TTN: ...  # fmt: skip
@overload
def evolve(
    hamiltonian: _Hamiltonian, state: MPS | BlockMPS | str, time: complex, *, cutoff: float = ...,
    max_bond: int | None = ..., method: Any = ..., progress: bool | None = ...,
) -> MPS: ...  # fmt: skip
@few_threads(1)
def evolve(
    hamiltonian: _Hamiltonian,
    state: MPS | BlockMPS | TTN | str,
    time: complex,
    *,
    cutoff: float = 1e-12,
    max_bond: int | None = None,
    method: TEBD | TDVP | BUG | ParallelBUG | None = None,
    progress: bool | None = None,
) -> MPS | TTN:
    """Evolve a chain or a tree in real or imaginary time.

    ``|psi(t)> = exp(-i H t) |psi>``; with ``time = -1j * tau`` this is ``exp(-H tau) |psi>``,
    normalised.

    Args:
        hamiltonian: Hermitian `SparsePauliOp`, or another observable in Pauli matrices (a mapping
            of labels to coefficients, …); site i is qubit i. On a chain also a Hermitian `MPO`
            (docs/long_range.md), or a function that returns an observable for every time from 0
            to `time` (docs/time_dependent.md).
        state: an MPS, a BlockMPS or a TTN of qubits, or the name of a product state ("neel",
            "0101", …).
        time: real, or purely imaginary with a negative imaginary part; inverse energy.
        cutoff: relative squared weight that one truncation may discard.
        max_bond: largest bond dimension; None for no limit.
        method: `TEBD(...)`, `TDVP(...)` (chains), `BUG(...)` or `ParallelBUG(...)`. None takes
            TEBD when only neighbours couple, on a tree when terms act on at most two sites; else
            TDVP on a chain and BUG on a tree.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        The normalised state, a TTN for a TTN and else an MPS. Its `origin` is an `Evolution` that
        holds the estimated step error and the discarded weight. Evolving it again continues:
        `origin.time` adds up.

    Raises:
        ArgumentError: bad operator, state, time, cutoff or bond, or a method that the state or the
            Hamiltonian does not suit.

    Cost: O(steps n chi^3) on a chain, O(steps n chi^4) on a tree; on chains in blocks where charges
    are conserved (docs/charges.md).

    Example:
        >>> import qtn
        >>> state = qtn.evolve(qtn.chain("heisenberg", n=6), "neel", 1.0)
        >>> state.max_bond, state.origin.step_error < 1e-6
        (8, True)
        >>> tree = qtn.product_state("neel", 6, tree="balanced")
        >>> qtn.evolve(qtn.chain("heisenberg", n=6), tree, 1.0)
        TTN(6 sites, max bond 4, complex128)

    Reference: Paeckel et al., Ann. Phys. 411, 167998 (2019); trees: docs/trees_in_time.md.
    """
    moment = _time(time)
    real("cutoff", cutoff, 0.0, 1.0)
    bond = 0 if max_bond is None else positive_int("max_bond", max_bond)
    checked_progress(progress)
    if driven.is_driven(hamiltonian):
        return driven.evolved(hamiltonian, state, moment, (cutoff, bond), method, progress)
    terms = read_chain(hamiltonian)
    start = _start(state, terms.n)
    if isinstance(start, TTN) or isinstance(method, BUG | ParallelBUG):
        return _on_tree(hamiltonian, start, moment, (cutoff, bond), method, progress)
    chosen = method if method is not None else (TEBD() if terms.nearest_neighbour else TDVP())
    if isinstance(chosen, TEBD):
        result = _by_tebd(as_sum(terms), start, moment, cutoff, bond, chosen, progress)
    elif isinstance(chosen, TDVP):
        from qtn.physics.tdvp import run

        result = run(terms, start, moment, cutoff, bond, chosen, progress)
    else:
        raise fail("method", "TEBD(...), TDVP(...), BUG(...) or ParallelBUG(...)", method)
    tensors, step, error, discarded = result
    last = Evolved(named(hamiltonian), _moment(moment), start, chosen, step, error, discarded)
    return MPS(tuple(tensors), origin=_joined(start, last))


def _start(state: Any, n: int) -> MPS | TTN:
    if isinstance(state, TTN):
        from qtn.physics.on_trees.tree_forms import as_tree

        return as_tree("state", state, n)
    return as_state("state", state, n)


def _on_tree(
    hamiltonian: Any, start: MPS | TTN, moment: complex, limits: tuple[float, int], method: Any,
    progress: bool | None,
) -> MPS | TTN:  # fmt: skip
    """Evolve a tree, or a chain as a tree."""
    from qtn.physics.on_trees import evolving, tree_forms

    terms = as_sum(read_chain(hamiltonian))
    chosen = evolving.chosen_method(terms, method)
    first = start if isinstance(start, TTN) else tree_forms.chain_as_tree(start)
    tree, step, error, lost, drift = evolving.run(terms, first, moment, limits, chosen, progress)
    given = as_operator(hamiltonian)
    last = Evolved(given, _moment(moment), start, chosen, step, error, lost, drift=drift)
    if isinstance(start, TTN):
        return replace(tree, origin=_joined(start, last))
    cuts = np.zeros(terms.n - 1)
    np.add.at(cuts, tree_forms.chain_cuts(terms.n), lost)
    chain = tuple(tree_forms.tree_as_chain(tree.tensors))
    return MPS(chain, origin=_joined(start, replace(last, discarded=cuts)))


def evolve_through(
    hamiltonian: _Hamiltonian,
    state: MPS | BlockMPS | TTN | str,
    times: Iterable[float],
    **options: Any,
) -> Iterator[Any]:
    """Yield the state at each of `times`, evolving from one to the next.

    Args:
        hamiltonian: as in `evolve`.
        state: the state at time zero.
        times: rising real times.
        **options: `cutoff`, `max_bond`, `method`, `progress` of `evolve`.

    Yields:
        The state at each time, of the kind given. Save one to resume from it later.

    Raises:
        ArgumentError: times that fall.

    Cost: that of `evolve` to the last time.

    Example:
        >>> import qtn
        >>> h = qtn.chain("xx", n=6)
        >>> [round(s.entropy(3), 2) for s in evolve_through(h, "domain-wall", [0.0, 0.5, 1.0])]
        [0.0, 0.23, 0.53]
    """
    moments = finite_array("times", list(times), ndim=1, dtype=float)
    if (np.diff(moments, prepend=0.0) < 0).any():
        raise fail("times", "a rising sequence of times from zero", moments)
    now = 0.0
    sample = driven.at(hamiltonian, 0.0)
    current: Any = _start(state, read_chain(sample).n)
    for moment in moments:
        if moment > now:
            later = driven.shifted(hamiltonian, now)
            current = evolve(later, current, float(moment) - now, **options)
        now = float(moment)
        yield current


def _time(value: complex) -> complex:
    way_out = "Give a real time, or -1j * tau for imaginary time."
    if isinstance(value, bool) or not isinstance(value, int | float | complex | np.number):
        raise fail("time", "a number", value, way_out)
    try:
        moment = complex(value)
    except OverflowError as error:
        raise fail("time", "finite", value, way_out) from error
    if not (math.isfinite(moment.real) and math.isfinite(moment.imag)):
        raise fail("time", "finite", value, way_out)
    if moment.imag > 0 or (moment.imag and moment.real):
        raise fail("time", "real, or negative imaginary", value, way_out)
    return moment


def _by_tebd(
    terms: Terms, start: MPS, time: complex, cutoff: float, bond: int, method: TEBD,
    progress: bool | None,
) -> tuple[list[NDArray[Any]], float, float, NDArray[np.float64]]:  # fmt: skip
    bonds = bond_matrices(terms)
    imaginary = time.imag < 0
    conserves = terms.conserves_magnetisation
    state = tebd.open_chain(start.tensors, conserves)
    if conserves and not state.unit:  # another gauge may show the charge
        sharp = in_sharp_gauge(start.tensors)
        state = state if sharp is None else tebd.open_chain(sharp, True)
    if time == 0:
        return state.arrays(), 0.0, 0.0, state.discarded
    size = method.step or default_step(terms.strength, method.order, cutoff)
    steps = step_count(abs(time), size)
    step = time / steps
    gates = tebd.gate_table(bonds, step)
    sequence = layers(method.order, steps)
    # Estimated at the start, where the bonds are small; the sum over steps is then a scale, not a
    # bound.
    error = evolution.error_so_far(start.origin, terms, method, step)
    if error is None:
        with few_threads(suited(state.max_bond)):
            error = _local_error(state, bonds, step, method.order, 0.01 * cutoff, bond)
    with progress_bar(len(sequence), "evolve", progress) as bar:
        for part, fraction in sequence:
            with few_threads(suited(state.max_bond)):
                tebd.apply_layer(state, gates(part, fraction), part, cutoff, bond)
                if imaginary:
                    tebd.canonicalise(state)
            bar.grown(state.max_bond, bond)
            bar.update()
    # Truncation leaves the form slightly off canonical; one exact sweep restores it.
    with few_threads(suited(state.max_bond)):
        tebd.canonicalise(state)
    tensors = state.arrays()
    if imaginary and terms.real and start.dtype == np.float64:
        tensors = [tensor.real for tensor in tensors]
    elif not imaginary:
        tensors[0] = tensors[0] * np.exp(-1j * terms.constant * time)
    return tensors, abs(step), error * steps, state.discarded


def _local_error(
    state: tebd.Chain, bonds: NDArray[Any], step: complex, order: int, cutoff: float, bond: int
) -> float:
    """Estimate the error of one step, from one double step against two steps.

    The local error of a formula of order p is C step^(p+1), so that the difference is
    C step^(p+1) (2^(p+1) - 2). Doubling lifts it above the rounding of the truncations.
    """
    ends = []
    for count in (1, 2):
        copy = state.copy()
        gates = tebd.gate_table(bonds, 2 * step / count)
        for part, fraction in layers(order, count):
            tebd.apply_layer(copy, gates(part, fraction), part, cutoff, bond)
            if step.imag:
                tebd.canonicalise(copy)
        ends.append(MPS(tuple(copy.arrays())))
    return float(np.sqrt(ends[0].infidelity(ends[1])) / (2.0 ** (order + 1) - 2.0))


def _joined(start: MPS | TTN, last: Evolved) -> Evolved:
    """Return an evolution from `start`, together with the one that `start` itself came from."""
    before, time = start.origin, complex(last.time)
    if isinstance(before, Evolved) and _continues(before, last.hamiltonian, time):
        return replace(
            last,
            time=_moment(before.time + time),
            start=before.start,
            step_error=last.step_error + before.step_error,
            discarded=last.discarded + before.discarded,
            drift=last.drift + before.drift,
        )
    return last


def _moment(time: complex) -> complex:
    """Return a time as it is remembered: real times as real numbers."""
    time = complex(time)
    return time if time.imag else time.real


def _continues(before: Evolved, hamiltonian: Any, time: complex) -> bool:
    same_kind = bool(complex(before.time).imag) == bool(time.imag)
    return same_kind and (before.hamiltonian is hamiltonian or before.hamiltonian == hamiltonian)


@few_threads(1)
def propagator(
    hamiltonian: ObservableLike,
    time: float,
    *,
    cutoff: float = 1e-13,
    max_bond: int | None = None,
    method: TEBD | None = None,
    progress: bool | None = None,
) -> MPO:
    """Return the operator exp(-i H time) of a chain as a matrix product operator.

    Product formulas act on the outputs of the identity, truncated in the Hilbert–Schmidt norm.

    Args:
        hamiltonian: Hermitian `SparsePauliOp`, or another observable in Pauli matrices, that
            couples neighbours only; site i is qubit i.
        time: real; inverse energy.
        cutoff: relative squared weight that one truncation may discard.
        max_bond: largest bond dimension; None for no limit.
        method: `TEBD(...)`; None takes fourth order with a step that suits the cutoff.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        The operator, of norm √(2ⁿ). Its `origin` holds Hamiltonian and time, from which
        `qtn.compile` starts, the estimated step error and the discarded weight.

    Raises:
        ArgumentError: bad operator, couplings beyond neighbours, time, cutoff or bond.

    Cost: O(steps n χ³), 64 times that of a state of the same bond.

    Example:
        >>> import qtn
        >>> u = qtn.propagator(qtn.chain("heisenberg", n=6), 0.5)
        >>> u.origin.step_error < 1e-6, u.unitary_error() < 1e-5
        (True, True)

    Reference: Zwolak and Vidal, Phys. Rev. Lett. 93, 207205 (2004), for chains of operators.
    """
    terms = neighbour_terms(hamiltonian, "Evolve states of it instead: qtn.evolve.")
    moment = real("time", time)
    real("cutoff", cutoff, 0.0, 1.0)
    bond = None if max_bond is None else positive_int("max_bond", max_bond)
    checked_progress(progress)
    chosen = method if method is not None else TEBD()
    if not isinstance(chosen, TEBD):
        raise fail("method", "TEBD(...)", method)
    bonds = bond_matrices(terms)
    size = chosen.step or default_step(terms.strength, chosen.order, cutoff)
    steps = step_count(abs(moment), size)
    step, order = moment / steps, chosen.order
    limits = (0.01 * cutoff, bond)
    twice = [_powers(bonds, 2.0 * step / k, order, k, limits, False) for k in (1, 2)]
    local = MPS(twice[0].tensors).infidelity(MPS(twice[1].tensors))
    error = math.sqrt(local) / (2.0 ** (order + 1) - 2.0) * steps
    built = _powers(bonds, step, order, steps, (cutoff, bond), progress)
    chain = list(MPS(built.tensors).normalised().tensors)
    phase = np.exp(-1j * terms.constant * moment)
    tensors = [math.sqrt(2.0) * t.reshape(len(t), 2, 2, -1) for t in chain]
    tensors[0] = tensors[0] * phase
    origin = Propagated(as_operator(hamiltonian), moment, abs(step), error, built.discarded)
    return MPO(tuple(tensors), origin=origin)


def _powers(
    bonds: NDArray[Any], step: float, order: int, steps: int,
    limits: tuple[float, int | None], progress: bool | None,
) -> Build:  # fmt: skip
    """Return `steps` steps of a product formula on the identity, sites of index 2 out + in."""
    n, gates = len(bonds) + 1, tebd.gate_table(bonds, step)
    lifted: dict[tuple[int, float], list[NDArray[Any]]] = {}
    listed = []
    for part, fraction in layers(order, steps):
        key = part, round(fraction, 14)
        if key not in lifted:
            lifted[key] = [on_outputs(gate) for gate in gates(part, fraction)[part::2]]
        listed += [((b, b + 1), g) for b, g in zip(range(part, n - 1, 2), lifted[key])]
    start = [np.eye(2, dtype=complex).reshape(1, 4, 1) * math.sqrt(0.5)] * n
    with progress_bar(len(listed), "propagator", progress) as bar:
        return apply_gates(
            start, listed, center=0, cutoff=limits[0], max_bond=limits[1],
            watch=lambda _: bar.update(),
        )  # fmt: skip
