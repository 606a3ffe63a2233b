"""An autoregressive tensor network: a chain whose matrices depend on the sites before.

With h the row vector that a chain carries from site to site, M_i its matrices and Δ_i what a small
network makes of the sites before i,

    v_i(s) = h (M_i[s] + Δ_i[s](s_<i)),   q(s | s_<i) = |v_i(s)|² / Σ_s' |v_i(s')|²,
    h ← v_i(s_i) |h| / √(Σ_s |v_i(s)|²),   ψ(s) = h after the last site, a number.

Σ ψ² = Π Σ q = 1 for any parameters, and Π q draws samples site by site without a Markov chain.
Where the number of ones is conserved, digits that can no longer lead to it have v_i = 0 before the
norm is taken. For Δ = 0 and M in right-canonical form Σ_s |h M[s]|² = |h|², so that ψ is the chain:
a search from there begins at the chain's energy. Signs that factorise (Marshall's) are signs of the
matrices and need no rule of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qtn._optional import nn, torch

TINY = 1e-300


class Wavefunction(nn.Module):
    """Real amplitudes of n sites.

    Args:
        tensors: of the chain, (left, 2, right), right-canonical.
        bond: the vectors are padded to this length.
        hidden: units of the network of each site.
        ones: how many sites are 1; None for any number.
        seed: of the networks' first layer; the second starts at 0.
    """

    def __init__(
        self, tensors: list[NDArray[np.float64]], bond: int, hidden: int, ones: int | None,
        seed: int,
    ) -> None:  # fmt: skip
        super().__init__()
        n = len(tensors)
        self.n, self.bond, self.ones = n, bond, ones
        padded = np.zeros((n, bond, 2, bond))
        for site, tensor in enumerate(tensors):
            padded[site, : tensor.shape[0], :, : tensor.shape[2]] = tensor
        # The vector before the first site is (1, 0, …); after the last one only its first counts.
        kept = torch.ones(n, 1, 1, bond, dtype=torch.float64)
        kept[-1, ..., 1:] = 0.0
        rng = np.random.default_rng(seed)
        weights = rng.normal(size=(n, n, hidden)) / np.sqrt(n)
        self.kept: torch.Tensor
        self.register_buffer("kept", kept, persistent=False)
        self.chain = nn.Parameter(torch.from_numpy(padded))
        self.weights = nn.Parameter(torch.from_numpy(weights))
        self.offsets = nn.Parameter(torch.from_numpy(rng.normal(size=(n, hidden)) * 0.1))
        shape = (n, hidden, bond * 2 * bond)
        self.outputs = nn.Parameter(torch.zeros(shape, dtype=torch.float64))

    def first(self, rows: int) -> torch.Tensor:
        """Return the vectors before the first site."""
        h = torch.zeros(rows, self.bond, dtype=torch.float64)
        h[:, 0] = 1.0
        return h

    def step(self, site: int, h: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Return h for both digits of a site, (rows, 2, bond), its norm that of h.

        Args:
            site: the next one.
            h: (rows, bond).
            before: (rows, site) digits of the sites before, as numbers.
        """
        spins = 1.0 - 2.0 * before
        hidden = torch.tanh(spins @ self.weights[site, :site] + self.offsets[site])
        moved = (hidden @ self.outputs[site]).reshape(-1, self.bond, 2, self.bond)
        whole = (self.chain[site] + moved) * self.kept[site]
        v = torch.einsum("rl,rlsk->rsk", h, whole) * self.allowed(site, before)[:, :, None]
        norm = (v * v).sum((1, 2)).clamp_min(TINY)
        scale = torch.sqrt((h * h).sum(1) / norm)
        return v * scale[:, None, None]

    def allowed(self, site: int, before: torch.Tensor) -> torch.Tensor:
        """Return (rows, 2): 1 for digits that can still lead to the number of ones."""
        found = torch.ones(len(before), 2, dtype=torch.float64)
        if self.ones is not None:
            done = before.sum(1)
            found[:, 1] = (done < self.ones).double()
            found[:, 0] = (done + (self.n - site - 1) >= self.ones).double()
        return found

    def forward(self, bits: torch.Tensor) -> torch.Tensor:
        """Return the amplitudes of rows of digits, which have the right number of ones."""
        digits = bits.double()
        h = self.first(len(bits))
        rows = torch.arange(len(bits))
        for site in range(self.n):
            h = self.step(site, h, digits[:, :site])[rows, bits[:, site].long()]
        return h[:, 0]

    def drawn(self, shots: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return independent samples of ψ², (shots, n)."""
        digits = torch.zeros(shots, self.n, dtype=torch.float64)
        rows = torch.arange(shots)
        h = self.first(shots)
        with torch.no_grad():
            for site in range(self.n):
                both = self.step(site, h, digits[:, :site])
                share = (both * both).sum(2)
                one = share[:, 1] / share.sum(1).clamp_min(TINY)
                picked = torch.from_numpy(rng.random(shots)) < one
                h = both[rows, picked.long()]
                h = h / h.norm(dim=1, keepdim=True).clamp_min(TINY)
                digits[:, site] = picked.double()
        return digits.numpy().astype(np.uint8)
