"""Kernel matrices of feature maps: exactly, or from counts of a device."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import choice, finite_array
from qtn._machine import MOST, few_threads
from qtn._memory import check_memory
from qtn._progress import checked_progress, progress_bar
from qtn.applications.quantum_kernels.base import FeatureMap
from qtn.applications.quantum_kernels.batched import chain_kernel, chains
from qtn.applications.quantum_kernels.diagonal import diagonal_kernel
from qtn.applications.quantum_kernels.feature_maps import read_map
from qtn.applications.quantum_kernels.statevectors import vector_kernel, vectors
from qtn.errors import ArgumentError
from qtn.estimate import Estimate

Floats = NDArray[np.float64]

METHODS = ("auto", "tensor", "vector", "circuit")
FEW_QUBITS = 10  # up to which vectors beat chains that have no recurrence
LARGEST = 1e6  # angle, beyond which ten digits of its sine are lost
CONCENTRATED = 1e-3  # median off the diagonal below which a kernel tells nothing
FEWEST = 4  # rows from which a median is judged


@few_threads(MOST)
def kernel_matrix(
    x: ArrayLike,
    z: ArrayLike | None = None,
    feature_map: Any = "rotations",
    method: str = "auto",
    progress: bool | None = None,
    **options: Any,
) -> Estimate[np.ndarray]:
    r"""Return the kernel of a feature map, exactly or measured.

    .. math:: k(x, z) = |⟨φ(x)|φ(z)⟩|^2

    Args:
        x: rows, shape (rows, features).
        z: other rows; None for the symmetric matrix of x with itself, of which half is computed.
        feature_map: "rotations", "zz", "iqp", "evolution", a `FeatureMap` of
            `qtn.applications.quantum_kernels`, whose `bandwidth` scales the features, or a
            `QuantumCircuit` whose parameters are the features.
        method: "tensor" contracts chains, "vector" multiplies state vectors (up to 20 qubits),
            "circuit" measures the probability of zeros after U(x) and the inverse of U(z);
            "auto" is the faster of the first two.
        progress: show a bar; None shows it where someone can watch.
        options: of "circuit": `device`, `shots` of an entry, `mitigation`, `seed`, `budget`,
            `positive` as in `qtn.QuantumKernel`, which makes a matrix of rows with
            themselves positive and says so in `method` of the result.

    Returns:
        Estimate with arrays (rows of x, rows of z); `interval()` of a measured one.

    Raises:
        ArgumentError: rows with NaN or of another length, an unknown map or method, an option that
            the method does not take, work beyond the memory.
        BudgetError, DeviceError: as in `qtn.run`.

    Cost: see the modules; 1,600 rows with themselves on 16 qubits take some hundredths of a second
        with the default map, one circuit per entry by "circuit".

    Warns:
        UserWarning: the median off the diagonal is below 1e-3: the kernel is concentrated.

    Example:
        >>> kernel_matrix([[0.1, 0.2], [0.3, 0.1]]).value
        array([[1.   , 0.942],
               [0.942, 1.   ]])
    """
    choice("method", method, METHODS)
    checked_progress(progress)
    known = read_map(feature_map)
    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    others = None if z is None else finite_array("z", z, ndim=2, dtype=np.float64)
    if others is not None and others.shape[1] != rows.shape[1]:
        raise ArgumentError(
            f"Argument `z` must have {rows.shape[1]} features per row, but has {others.shape[1]}."
        )
    check_angles(known, rows, others)
    if method == "circuit":
        found = _measured(rows, others, known, {**options, "progress": progress})
    elif options:
        raise ArgumentError(
            f'Argument `{min(options)}` is an option of a device: take method="circuit", or leave '
            "it out."
        )
    else:
        with progress_bar(None, "kernel", progress):
            value = exact_kernel(rows, others, known, method)
        found = Estimate(value, np.broadcast_to(0.0, value.shape), 0, "exact")
    if others is None:
        warn_concentrated(np.asarray(found.value))
    return found


def check_angles(known: FeatureMap, *parts: Floats | None) -> None:
    """Refuse rows whose angles are too large to have digits.

    Raises:
        ArgumentError: beyond a million.
    """
    largest = max(float(np.abs(rows).max()) for rows in parts if rows is not None)
    if largest * known.bandwidth > LARGEST:
        raise ArgumentError(
            f"Features times bandwidth must be at most {LARGEST:g}, but reach "
            f"{largest * known.bandwidth:.3g}: angles beyond have no digits left. Scale the "
            "columns first, for instance to [-1, 1]."
        )


def exact_kernel(x: Floats, z: Floats | None, known: FeatureMap, method: str = "auto") -> Floats:
    """Return a kernel without counts, by the way that `method` names.

    Example:
        >>> exact_kernel(np.array([[0.0]]), np.array([[0.2]]), read_map("iqp"))
        array([[0.990...]])
    """
    n, columns = known.qubits(x.shape[1]), len(x if z is None else z)
    check_memory(32.0 * len(x) * columns, f"A kernel of {len(x):,} x {columns:,} rows")
    first = None if method == "vector" else known.diagonal(x)
    if first is not None:
        return diagonal_kernel(first, None if z is None else known.diagonal(z))
    if method == "vector" or (method == "auto" and (not known.has_chain or n <= FEW_QUBITS)):
        states = vectors(known.gates(x), n, len(x))
        return vector_kernel(states, None if z is None else vectors(known.gates(z), n, len(z)))
    built = chains(known.gates(x), n)
    return chain_kernel(built, None if z is None else chains(known.gates(z), n))


def off_diagonal(kernel: Floats) -> float:
    """Return the median of what stands off the diagonal.

    Example:
        >>> off_diagonal(np.array([[1.0, 0.25], [0.25, 1.0]]))
        0.25
    """
    return float(np.median(kernel[np.triu_indices(len(kernel), 1)])) if len(kernel) > 1 else 1.0


def warn_concentrated(kernel: Floats, stacklevel: int = 3) -> None:
    """Warn of a kernel whose rows are all alike to nothing but themselves."""
    rows = len(kernel)
    # More than half of what is off the diagonal, each entry twice, which is cheaper than a median.
    if rows >= FEWEST and np.count_nonzero(kernel < CONCENTRATED) > rows * (rows - 1) / 2:
        median = off_diagonal(kernel)
        shots = f"{1 / median:.1g}" if median > 0 else "endless"
        warnings.warn(
            f"The kernel is concentrated: its median off the diagonal is {median:.1g}, so that "
            "rows resemble themselves alone, and a device would need some "
            f"{shots} shots per entry to see more than zeros. Give the feature map a smaller "
            'bandwidth, or let QuantumKernelClassifier(bandwidth="auto") choose it.',
            stacklevel=stacklevel,
        )


def _measured(x: Floats, z: Floats | None, known: FeatureMap, options: dict[str, Any]) -> Estimate:
    from qtn.hybrid import QuantumKernel

    fields = [*QuantumKernel.__dataclass_fields__]
    fields.remove("feature_map")
    if unknown := sorted(set(options) - set(fields)):
        raise ArgumentError(
            f"Argument `{unknown[0]}` is none of a measured kernel, which takes "
            f"{', '.join(fields)}."
        )
    return QuantumKernel(feature_map=known.circuit(x.shape[1]), **options).matrix(x, z)
