"""Peers of the learning benchmark. TensorKrowch shares our torch, so it needs no own environment:
it is installed, without dependencies, into a folder of its own beside this file."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

FOLDER = Path(__file__).parent / ".peers" / "learn"
REQUIREMENT = "tensorkrowch==1.1.6"


def install() -> str:
    """Install TensorKrowch if needed; return the reason if it cannot be had."""
    if not (FOLDER / "tensorkrowch").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*pip, "--target", str(FOLDER), REQUIREMENT], capture_output=True, text=True
        )
        if done.returncode:
            return f"pip could not install {REQUIREMENT}"
    sys.path.append(str(FOLDER))
    return ""


class TensorKrowch:
    """Its MPSLayer of bond 10 on (1, x, x²), trained by Adam on cross-entropy: its tutorial."""

    def __init__(self, sites: int, classes: int, bond: int, batch: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorkrowch as tk

        self.tk = tk
        torch.manual_seed(0)
        self.model = tk.models.MPSLayer(
            n_features=sites + 1,
            in_dim=3,
            out_dim=classes,
            bond_dim=bond,
            boundary="obc",
            init_method="randn_eye",
            std=1e-6,
        )
        self.model.auto_stack, self.model.auto_unbind = True, False
        self.model.trace(torch.zeros(1, sites, 3), inline_input=True, inline_mats=False)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def features(self, x: np.ndarray) -> torch.Tensor:
        """Return (1, x, x²), shape (rows, sites, 3)."""
        rows = torch.tensor(x, dtype=torch.float32)
        return torch.stack([torch.ones_like(rows), rows, rows.square()], dim=2)

    def epoch(self, features: torch.Tensor, y: torch.Tensor, batch: int) -> None:
        """Train on all rows once."""
        for rows in torch.randperm(len(y)).split(batch):
            self.optimiser.zero_grad()
            scores: Any = self.model(features[rows], inline_input=True, inline_mats=False)
            torch.nn.functional.cross_entropy(scores, y[rows]).backward()
            self.optimiser.step()
