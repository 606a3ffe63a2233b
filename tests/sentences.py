"""Sentences to learn from, and networks of every kind with weights far from their start."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from qtn.applications.sequences import SequenceClassifier
from qtn.applications.sequences.architecture import Architecture
from qtn.applications.sequences.network import SequenceNetwork

SHAPES = [
    (arch, sharing, closure, wires, memory)
    for arch, wires, memory in
    (("tree", 1, 1), ("tree", 2, 2), ("path", 1, 1), ("path", 1, 2), ("path", 2, 2))
    for sharing in (("uniform", "position") if arch == "path" else ("uniform", "level", "position"))
    for closure in ("discard", "post-select")
]  # fmt: skip


def drawn(shape: Architecture, tokens: int = 4, read: int = 1) -> SequenceNetwork:
    """Return a network far from its start."""
    network = SequenceNetwork.started(shape, tokens, read, 5.0, 3).double()
    noise = torch.from_numpy(np.random.default_rng(4).normal(size=network.angles.shape))
    network.angles.data += 0.5 * noise
    return network.requires_grad_(False)


WORDS = ("soup", "bread", "cake", "code", "bugs", "tests")


def sentences(count: int = 40, seed: int = 0) -> tuple[list[str], list[str]]:
    """Sentences of two to four words; the label is the kind of their last one."""
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, 6, rng.integers(2, 5)) for _ in range(count)]
    texts = [" ".join(WORDS[k] for k in row) for row in drawn]
    return texts, ["food" if row[-1] < 3 else "IT" for row in drawn]


def made(**settings: Any) -> SequenceClassifier:
    return SequenceClassifier(**{"epochs": 2, "progress": False, **settings})
