"""Aer: one call per batch of bindings, and the method with the lowest predicted cost."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, ParameterExpression
from qiskit.primitives import BitArray
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qtn.devices.engines.aer_times import STABILIZER_SHOT, noiseless_seconds
from qtn.devices.engines.base import Engine, Pub, sampler_bits
from qtn.devices.engines.gpu import CPU, Aer, refuse_missing
from qtn.devices.measurements import has_mid_circuit
from qtn.devices.placement.layout import interactions
from qtn.devices.tensor.forecast import group_seconds
from qtn.errors import ArgumentError, DeviceError

__all__ = ["AerEngine", "aer_sample", "bond_bound", "clifford", "leaves_unbound"]

CLIFFORD = frozenset(
    ("id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "ecr")
)
AER_BUILDS = ("qiskit-aer", "qiskit-aer-gpu", "qiskit-aer-gpu-cu11")
# Gates whose free parameters Aer binds as told.
BOUND = frozenset(("rx", "ry", "rz", "p", "r", "u", "cu", "rxx", "ryy", "rzz", "rzx"))
PASSIVE = frozenset(("measure", "barrier", "delay", "reset"))
THREADS_FROM = 14  # qubits
GAIN = 50.0  # of a state vector on a GPU over one core
# seconds, measured on one 2020s core: GHZ states of 200 to 2000 qubits
CHAIN_SITE = 7e-6
CHAIN_ENTRY = 1e-8
GROUPS = "tensor"  # density matrices of groups of qubits, our own
PORTION = 1 << 18  # shots
LONGEST = 3600.0  # more is refused before it starts
LARGEST_BOND = 512  # of Aer's chains; a gate takes it seconds there


class AerEngine(Engine):
    """Noiseless simulation by Aer: statevector, matrix product state or stabilizer.

    Args:
        name: to print.
        aer: GPU and precision.
    """

    def __init__(self, name: str = "aer", aer: Aer = CPU) -> None:
        super().__init__(name, None)
        refuse_clash()
        self._aer = aer
        self.options = aer.options
        refuse_missing(name, aer)

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        groups: dict[str, list[int]] = {}
        for k, pub in enumerate(pubs):
            method = self._method(pub, shots)
            refuse_endless(pub.circuit, method, shots)
            groups.setdefault(method, []).append(k)
        found: dict[int, BitArray] = {}
        ways = []
        for method, members in groups.items():
            part = [pubs[k] for k in members]
            stream = (seed + 7919 * members[0]) % 2**31
            bits, how = self._run(method, part, shots, stream)
            found.update(zip(members, bits, strict=True))
            ways.append(how)
        return [found[k] for k in range(len(pubs))], "; ".join(ways)

    def predicted(self, pubs: Sequence[Pub], shots: int) -> float | None:
        if self._aer.gpu:
            return None
        total = 0.0
        for pub in pubs:
            if self._method(pub, shots) == GROUPS:
                total += self._group_seconds(pub, shots)
            else:
                total += self._aer_seconds(pub, shots)
        return total

    def _method(self, pub: Pub, shots: int) -> str:
        """Choose Aer's method, or density matrices of our own where Aer needs one run per shot."""
        method = noiseless_method([pub.circuit], self._aer)[0]
        if method != "statevector" or self._aer.gpu or not has_mid_circuit(pub.circuit):
            return method
        ours = self._group_seconds(pub, shots)
        return GROUPS if ours < self._aer_seconds(pub, shots) else method

    def _aer_seconds(self, pub: Pub, shots: int) -> float:
        method = noiseless_method([pub.circuit], self._aer)[0]
        bond = bond_bound(pub.circuit)
        return noiseless_seconds(pub.circuit, method, bond, shots, pub.bindings)

    def _group_seconds(self, pub: Pub, shots: int) -> float:
        again = -(-pub.bindings // self.batch) - 1  # every batch plans anew
        fixed = again * group_seconds(pub.circuit, 0, 0) if again else 0.0
        return fixed + group_seconds(pub.circuit, shots, pub.bindings)

    def _run(
        self, method: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[BitArray], str]:
        if method == GROUPS:
            from qtn.devices.tensor.primitives import TensorSampler

            why = "tensor network: operations in the middle of a circuit, exact probabilities"
            return sampler_bits(TensorSampler(seed=seed), pubs, shots), why
        why = noiseless_method([pub.circuit for pub in pubs], self._aer)[1]
        bits = aer_sample(self._aer.simulator(method), pubs, shots, seed)
        return bits, f"Aer {method}: {why}"


def refuse_clash() -> None:
    """Refuse to work where two builds of Aer have overwritten each other.

    Raises:
        DeviceError: more than one of Aer's distributions is installed; all of them write the same
            files, so what runs is a mixture or the last one installed.
    """
    found = [name for name in AER_BUILDS if _installed(name)]
    if len(found) > 1:
        raise DeviceError(
            f"The packages {' and '.join(found)} are both installed, but write the same files. "
            f"Run: pip uninstall -y {' '.join(found)}; then install the one that you need."
        )


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def noiseless_method(circuits: Sequence[QuantumCircuit], aer: Aer = CPU) -> tuple[str, str]:
    """Choose Aer's method for noiseless circuits by predicted cost; say why.

    A small state vector is sampled at no cost once it is there. A circuit that goes on after a
    measurement is simulated anew for every shot, and then stabilizers, which Aer itself takes for
    all Clifford circuits, are the cheapest at any width.
    """
    if aer.method is not None:
        return aer.method, "asked for"
    n = max(c.num_qubits for c in circuits)
    goes_on = any(map(has_mid_circuit, circuits))
    bond = max(bond_bound(c) for c in circuits)
    if all(clifford(c) for c in circuits) and (n > 12 or goes_on):
        if goes_on or STABILIZER_SHOT * n**3 <= _chain_shot(n, bond):
            return "stabilizer", "all gates are Clifford"
        return "matrix_product_state", f"{n} qubits, Clifford gates, bond at most {bond}"
    # Chains have no form for GPUs, on which a state vector is some fifty times faster.
    chain = (GAIN if aer.gpu else 1.0) * 40.0 * n * float(bond) ** 3 + 2.0**16
    if n <= aer.statevector_limit and 2.0**n <= chain:
        return "statevector", f"{n} qubits"
    return "matrix_product_state", f"{n} qubits, bond dimension at most {bond}"


def refuse_endless(circuit: QuantumCircuit, method: str, shots: int) -> None:
    """Refuse what Aer would not finish, before it starts.

    A stabilizer state of n qubits takes time n^3 per shot. For a matrix product state the bound on
    the bond is tried where it is too pessimistic to decide: the bond is grown gate by gate, and
    given up where it passes what Aer can hold.

    Raises:
        DeviceError: with what it would take and what to do instead.
    """
    instead = 'Take device="tensor", fewer layers or fewer shots; qtn.verify gives exact values.'
    n = circuit.num_qubits
    if method == "stabilizer" and (seconds := STABILIZER_SHOT * n**3 * shots) > LONGEST:
        raise DeviceError(
            f"Aer's stabilizer method would take some {seconds / 3600:.1f} hours for {shots} "
            f"shots of {n} qubits, and their entanglement may be too large for its chains. "
            + instead
        )
    if method == "matrix_product_state" and not _chain_fits(circuit):
        raise DeviceError(
            f"A circuit of {n} qubits entangles them too much for Aer: its state vector has "
            f"2^{n} entries, and a chain needs bonds above {LARGEST_BOND}. " + instead
        )


def _chain_fits(circuit: QuantumCircuit) -> bool:
    """Say whether a chain of bond `LARGEST_BOND` holds a circuit, as far as that can be told."""
    if bond_bound(circuit) <= LARGEST_BOND:
        return True
    from qtn.interop.circuits import circuit_to_mps

    bare = circuit.remove_final_measurements(inplace=False) or circuit
    if bare.num_clbits or bare.num_parameters or set(bare.count_ops()) & {"reset", "measure"}:
        return True  # nothing is known before it runs
    try:
        circuit_to_mps(bare, max_bond=LARGEST_BOND)
    except ArgumentError:
        return False
    return True


def _chain_shot(n: int, bond: int) -> float:
    """Seconds for one sample of a chain."""
    return n * (CHAIN_SITE + CHAIN_ENTRY * float(bond) ** 2)


def clifford(circuit: QuantumCircuit) -> bool:
    """Say whether Aer's stabilizers can run a circuit, what is under its conditions included."""
    return all(_is_clifford(i.operation) for i in circuit.data)


def _is_clifford(operation: Any) -> bool:
    if isinstance(operation, ControlFlowOp):
        return all(clifford(block) for block in operation.blocks)
    if operation.name == "rz":
        angle = operation.params[0]
        return isinstance(angle, float | int) and angle % (np.pi / 2) == 0.0
    return operation.name in CLIFFORD | PASSIVE


def bond_bound(circuit: QuantumCircuit) -> int:
    """Bound the Schmidt rank over all cuts: two-qubit gates across a cut, halves of the register.

    A two-qubit gate has operator Schmidt rank at most 4, a controlled or Ising gate 2. What may
    happen under a condition counts like what happens; loops without a known end have no bound.
    """
    n = circuit.num_qubits
    crossing = _crossing(circuit)
    depth = np.minimum(np.arange(1, len(crossing) + 1), n - np.arange(1, len(crossing) + 1))
    return int(2 ** min(60.0, float(np.minimum(crossing, depth).max())))


def _crossing(circuit: QuantumCircuit) -> NDArray[np.float64]:
    """Count the two-qubit gates over each cut, those inside of control flow included."""
    crossing = np.zeros(max(1, circuit.num_qubits - 1))
    for (a, b), count in interactions(circuit).items():
        crossing[a:b] += count
    for instruction in circuit.data:
        operation = instruction.operation
        if isinstance(operation, ControlFlowOp):
            places = [circuit.find_bit(q).index for q in instruction.qubits]
            endless = operation.name in ("while_loop", "for_loop")
            for block in operation.blocks:
                for a, b in interactions(block):
                    low, high = sorted((places[a], places[b]))
                    crossing[low:high] += np.inf if endless else interactions(block)[a, b]
    return crossing


def aer_sample(
    simulator: AerSimulator,
    pubs: Sequence[Pub],
    shots: int,
    seed: int,
    noise: NoiseModel | None = None,
) -> list[BitArray]:
    """Run circuits with their bindings in one Aer call; one `BitArray` per circuit.

    Aer hands out every shot as a text, so many shots are taken in portions of `PORTION`.

    Raises:
        DeviceError: Aer refuses or fails.
    """
    if shots > PORTION:
        portions = [
            aer_sample(simulator, pubs, min(PORTION, shots - k), (seed + k) % 2**31, noise)
            for k in range(0, shots, PORTION)
        ]
        return [BitArray.concatenate_shots(list(bits)) for bits in zip(*portions, strict=True)]
    result = _aer_result(simulator, _repeated(pubs), shots, seed, noise)
    found, start = [], 0
    for pub in pubs:
        bits = pub.circuit.num_clbits
        entries = [r.data.memory for r in result.results[start : start + pub.bindings]]
        start += pub.bindings
        array = np.stack([packed_bits(m, bits) for m in entries])
        found.append(BitArray(array[0] if pub.values is None else array, bits))
    return found


def _aer_result(
    simulator: AerSimulator,
    pubs: Sequence[Pub],
    shots: int,
    seed: int,
    noise: NoiseModel | None,
) -> Any:
    """Return what Aer says of one call, in which every circuit is bound by name."""
    binds = [
        {}
        if pub.values is None
        else {p: pub.values[:, k].tolist() for k, p in enumerate(pub.circuit.parameters)}
        for pub in pubs
    ]
    options: dict[str, Any] = {} if noise is None else {"noise_model": noise}
    if max(pub.circuit.num_qubits for pub in pubs) < THREADS_FROM:
        options["max_parallel_threads"] = 1  # threads cost more than small circuits take
    try:
        result = simulator.run(
            [pub.circuit for pub in pubs],
            shots=shots,
            seed_simulator=seed,
            memory=True,
            parameter_binds=binds if any(binds) else None,
            **options,
        ).result()
    except Exception as error:  # Aer's compiler fails in its own ways on what it does not know
        raise DeviceError(
            f"Aer cannot take the circuits ({type(error).__name__}: {error}). Write them in gates, "
            "measurements, resets and conditions on classical bits."
        ) from error
    if not result.success:
        reasons = {str(r.status) for r in result.results if not r.success} or {str(result.status)}
        raise DeviceError(
            f"Aer could not run the circuits: {'; '.join(sorted(reasons))}. "
            'Take fewer qubits, or device="tensor" for chain-like circuits.'
        )
    return result


def _repeated(pubs: Sequence[Pub]) -> list[Pub]:
    """Write a circuit once per binding where bindings set nothing, or Aer would not set all."""
    found: list[Pub] = []
    for pub in pubs:
        if pub.values is not None and pub.values.shape[1] == 0:
            found += [Pub(pub.circuit)] * pub.bindings
        elif pub.values is not None and leaves_unbound(pub.circuit):
            found += [Pub(pub.circuit.assign_parameters(row)) for row in pub.values]
        else:
            found.append(pub)
    return found


def leaves_unbound(circuit: QuantumCircuit) -> bool:
    """Say whether a free parameter stands in a gate whose parameters Aer does not bind.

    Aer 0.17 passes over those of controlled rotations and phases, without a word.
    """
    for step in circuit.data:
        operation = step.operation
        if isinstance(operation, ControlFlowOp):
            if any(block.parameters for block in operation.blocks):
                return True
        elif operation.name not in BOUND and any(
            isinstance(p, ParameterExpression) and p.parameters for p in operation.params
        ):
            return True
    return False


def packed_bits(memory: Sequence[str], bits: int) -> NDArray[np.uint8]:
    """Pack hexadecimal outcomes into the bytes of a `BitArray`, (shots, ceil(bits / 8))."""
    width = -(-bits // 8)
    if bits <= 64:
        numbers = np.array([int(m, 16) for m in memory], dtype=">u8")
        return np.ascontiguousarray(numbers.view(np.uint8).reshape(-1, 8)[:, 8 - width :])
    joined = b"".join(int(m, 16).to_bytes(width, "big") for m in memory)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)
