"""The transverse kernel in torch: the program of the compiled kernel, every operation a product.

A program (`transverse.build`) is a sequence of small matrices on legs of a boundary vector. With v
the boundary before an operation M and w the one behind it as seen from the right,

    v' = M v,    w = Mᵀ w',    E_{ab} = Σ_{pj} w'_{paj} v_{pbj},

p and j being all other legs. Shapes are fixed by the program, so that a gradient is a function of
the gates alone, which is recorded once and replayed (`recorded`). Polar sweeps wait for every gate:
they are left to the compiled kernel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qtn._optional import Tensor, torch
from qtn.aqc.kernels import transverse_loops as loops
from qtn.aqc.kernels.accelerated.layers_torch import known_device
from qtn.aqc.kernels.accelerated.recorded import Recorded
from qtn.aqc.kernels.gates import parted, plain
from qtn.aqc.kernels.transverse import CUTS, Program, TransverseKernel
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states.schmidt import SchmidtForm

ORDERS = loops.ORDERS[:16]
# A program is recorded in the time of some ten gradients, and larger bonds hardly take longer: a
# search has few programs, every third of the compiled kernel's.
LEVELS = CUTS[::3]


class Operation(NamedTuple):
    """One matrix on a boundary of shape (pre, m_in, post); `site` is None for gates and wires."""

    kind: int
    number: int
    pre: int
    m_in: int
    m_out: int
    post: int
    site: Tensor | None


class Contraction:
    """A program on a device.

    Args:
        program: of the compiled kernel.
        device: a torch device.
        single: single precision.
    """

    def __init__(self, program: Program, device: torch.device, single: bool) -> None:
        real = torch.float32 if single else torch.float64
        self.dtype = real if program.parts == 1 else real.to_complex()
        self._operations = []
        for row in program.operations:
            kind, number, pre, m_in, m_out, post = (int(entry) for entry in row[:6])
            site = self._site(program, row, device)
            self._operations.append(Operation(kind, number, pre, m_in, m_out, post, site))
        self._back = torch.from_numpy(np.argsort(ORDERS)).to(device)
        self._there = torch.from_numpy(ORDERS.astype(np.int64)).to(device)
        self.run = Recorded(self.gradient)

    def _site(self, program: Program, row: np.ndarray, device: torch.device) -> Tensor | None:
        if row[0] != loops.PSI:
            return None
        first, size = int(row[8]), int(row[3] * row[4])
        blocks = program.sites[first : first + program.parts * size].reshape(program.parts, size)
        matrix = blocks[0] if program.parts == 1 else blocks[0] + 1j * blocks[1]
        return torch.from_numpy(matrix.reshape(row[3], row[4])).to(device, self.dtype)

    def gradient(self, gates: Tensor) -> tuple[Tensor, ...]:
        """Return f and the environments.

        Args:
            gates: all gates, then what stands for a bare wire, (gates + 1, 4, 4).

        Returns:
            Shapes () and (gates + 1, 4, 4).
        """
        matrices = gates.flatten(1).index_select(1, self._there).view(-1, 4, 4)
        found = torch.zeros_like(matrices)
        boundary = torch.ones(1, dtype=self.dtype, device=gates.device)
        before = []
        for operation in self._operations:
            before.append(boundary)
            boundary = _applied(operation, boundary, matrices, False)
        behind = torch.ones_like(before[0])
        for operation, held in zip(self._operations[::-1], before[::-1], strict=True):
            _, number, pre, m_in, m_out, post, _ = operation
            if operation.kind == loops.GATE:
                pair = behind.view(pre, m_out, post), held.view(pre, m_in, post).mT
                found[number, :m_out, :m_in] = torch.bmm(*pair).sum(0)
            behind = _applied(operation, behind, matrices, True)
        return boundary.reshape(()), found.flatten(1).index_select(1, self._back).view(-1, 4, 4)


def _applied(operation: Operation, vector: Tensor, matrices: Tensor, back: bool) -> Tensor:
    """Return the boundary after an operation, or before it as seen from the right, flat."""
    _, number, pre, m_in, m_out, post, site = operation
    if site is not None:
        matrix = site.mT if back else site
        return (vector.view(pre, -1) @ matrix).view(-1)
    matrix = matrices[number, :m_out, :m_in]
    legs = vector.view(pre, m_out if back else m_in, post)
    return torch.matmul(matrix.mT if back else matrix, legs).reshape(-1)


class TransverseTorch:
    """Overlap and environments by exact contraction site by site, on a torch device.

    Args:
        target: the chain, or its Schmidt form.
        ansatz: the circuit shape.
        device: a torch device, such as "cuda" or "cpu".
        cut: as for the compiled kernel.
        single: single precision: right to some 1e-5 of the largest environment.

    Raises:
        ArgumentError: the device is not there.
    """

    turn: int | None = None

    def __init__(
        self,
        target: list[np.ndarray] | SchmidtForm,
        ansatz: Ansatz,
        device: str,
        cut: float = 1e-6,
        single: bool = False,
    ) -> None:
        self.ansatz = ansatz
        self._device = known_device(device)
        self._host = TransverseKernel(target, ansatz, cut)
        self.cut = cut
        self._single = single
        self._sent: dict[int, Contraction] = {}

    @property
    def cut(self) -> float:
        """The weight that the target's bonds may lose; they lose that of the next level below."""
        return self._cut

    @cut.setter
    def cut(self, value: float) -> None:
        self._cut = value
        self._host.cut = float(LEVELS[max(0, int(np.searchsorted(LEVELS, 1.0001 * value)) - 1)])

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        program = self._host.program()
        if id(program) not in self._sent:
            # Programs are kept by the compiled kernel, so that their identities last.
            self._sent[id(program)] = Contraction(program, self._device, self._single)
        contraction = self._sent[id(program)]
        used = plain(np.concatenate([gates, loops.BARE]), program.parts == 1)
        sent = torch.from_numpy(np.ascontiguousarray(used)).to(self._device, contraction.dtype)
        overlap, found = contraction.run(sent)
        return complex(overlap.item()), parted(found[:-1].cpu().numpy())

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate once by its polar factor, in place, on the CPU."""
        return self._host.sweep(gates)
