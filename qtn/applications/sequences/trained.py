"""How classifiers of sentences are trained: parameters, batches, losses.

A batch is any sentences; those of one length are contracted together. Adam with a cosine schedule
of `qtn.models.training.fit`, in single precision; what was found is kept in double.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail, flag, positive_int, real
from qtn._optional import Tensor, torch
from qtn._progress import checked_progress
from qtn._random import RandomState, chosen_seed, derived_seed, generator
from qtn.applications.sequences.architecture import ARCHITECTURES, CLOSURES, SHARINGS, Architecture
from qtn.applications.sequences.emission import Parts
from qtn.applications.sequences.estimator import OfSentences
from qtn.applications.sequences.network import SequenceNetwork, modulo
from qtn.applications.sequences.softmax import Calibration
from qtn.applications.sequences.tokens import UNITS, Codes, Reader, by_length
from qtn.models.base import estimator
from qtn.models.training.fit import BatchLoss, Outcome, Schedule, train

CHUNK = 256  # sentences contracted at once
SEEN = 256  # training sentences by which scale and offsets start


@estimator()
class SequenceTraining(OfSentences):
    """The parameters and the training of a `SequenceClassifier`; see there."""

    arch: str = "tree"
    sharing: str = "uniform"
    boxes: int | None = None
    closure: str = "discard"
    wires: int = 1
    memory: int | None = None
    calibrate: bool = True
    units: str = "words"
    hidden: float = 0.0
    max_length: int | None = None
    shifts: int = 0
    gate_noise: float = 0.0
    shots: int | None = None
    starts: int = 1
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 0.05
    validation_fraction: float = 0.0
    patience: int = 10
    seed: int = 0
    random_state: RandomState = None
    progress: bool | None = None

    @property
    def _memory(self) -> int:
        return self.wires if self.memory is None else self.memory

    def _check_parameters(self) -> None:
        choice("arch", self.arch, ARCHITECTURES)
        choice("sharing", self.sharing, SHARINGS)
        if self.boxes is not None:
            positive_int("boxes", self.boxes)
            if self.sharing != "level":
                raise fail("boxes", 'None unless sharing="level"', self.boxes)
        choice("closure", self.closure, CLOSURES)
        choice("units", self.units, UNITS)
        bounded_int("wires", self.wires, 1, 2)
        if self.memory is not None:
            bounded_int("memory", self.memory, self.wires, 4)
        if self.arch == "tree" and self._memory != self.wires:
            raise fail("memory", "None for a tree, whose registers are all alike", self.memory)
        if self.arch == "path" and self.sharing == "level":
            raise fail("sharing", '"uniform" or "position" for a path', self.sharing)
        flag("calibrate", self.calibrate)
        real("hidden", self.hidden, 0.0, 0.9)
        if self.max_length is not None:
            positive_int("max_length", self.max_length)
        bounded_int("shifts", self.shifts, 0)
        real("gate_noise", self.gate_noise, 0.0, 0.9)
        if self.shots is not None:
            positive_int("shots", self.shots)
        positive_int("starts", self.starts)
        positive_int("epochs", self.epochs)
        positive_int("batch_size", self.batch_size)
        real("learning_rate", self.learning_rate, 0.0, open_low=True)
        real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        positive_int("patience", self.patience)
        checked_progress(self.progress)
        self._seed = chosen_seed(self.seed, self.random_state)

    def _train(
        self, codes: list[Codes], numbers: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> None:
        held = self._held_out(numbers)
        kept = np.setdiff1d(np.arange(len(codes)), held)
        x, y, w = codes, torch.from_numpy(numbers), torch.from_numpy(weights).float()

        def batch(rows: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
            chosen = kept[rows.numpy()]
            seen = self._changed([x[k] for k in chosen], step)
            return self._loss(seen, y[chosen], w[chosen], step)

        def validate() -> dict[str, float]:
            with torch.no_grad():
                _, found = self._loss([x[k] for k in held], y[held], w[held])
            return {f"validation_{name}": float(value) for name, value in found.items()}

        outcome = self._best_start([codes[k] for k in kept], batch)
        if outcome is None or outcome.status == "completed":
            schedule = self._schedule(self.epochs)
            watched = validate if len(held) else None
            outcome = train(self.network_, batch, len(kept), schedule, watched)
        self.status_, self.best_epoch_ = outcome.status, outcome.best_epoch
        names = outcome.history[0] if outcome.history else {}
        self.history_ = {name: [record[name] for record in outcome.history] for name in names}
        self.n_iter_ = max(len(outcome.history), 1)
        self._freeze()

    def _best_start(self, codes: list[Codes], batch: BatchLoss) -> Outcome | None:
        """Choose among random starts the one whose loss is least after a tenth of the epochs.

        Returns:
            How its training ended; None where there is one start only, which is not trained here.
        """
        few = self._schedule(max(1, self.epochs // 10))
        best: tuple[float, SequenceNetwork, Outcome] | None = None
        for number in range(self.starts):
            self.network_ = self._started(codes, number)
            if self.starts == 1:
                return None
            outcome = train(self.network_, batch, len(codes), few)
            loss = outcome.history[-1]["loss"]
            if best is None or loss < best[0]:
                best = loss, self.network_, outcome
            if outcome.status != "completed":
                break
        assert best is not None
        self.network_ = best[1]
        return outcome if outcome.status != "completed" else best[2]

    def _started(self, codes: list[Codes], number: int) -> SequenceNetwork:
        """Return an untrained network, its scale and offsets those of some sentences."""
        mean = float(np.mean([len(row) for row in codes]))
        seed = self._seed if number == 0 else derived_seed(self._seed, "starts", number)
        network = SequenceNetwork.started(self._shape(), self._tokens, self._read, mean, seed)
        network = network.float()
        if self.calibrate:
            some = codes[:: max(1, len(codes) // SEEN)]
            with torch.no_grad():
                network.calibrate(self._measured(network, some, self.gate_noise))
        return network

    def _schedule(self, epochs: int) -> Schedule:
        return Schedule(int(epochs), int(self.batch_size), self.learning_rate, self.patience,
                        self._seed, progress=self.progress)  # fmt: skip

    def _shape(self) -> Architecture:
        return Architecture(
            self.arch, self.sharing, self.closure, self.wires, self._memory, self._longest,
            self.boxes,
        )  # fmt: skip

    @property
    def _tokens(self) -> int:
        """Tokens with a state, the place-holder last if there is one."""
        return len(self.vocabulary_) + (self.hidden > 0)

    @property
    def _read(self) -> int:
        return max(1, math.ceil(math.log2(len(self.classes_))))

    def _held_out(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return sentences held out, of every class its share, but never all of it."""
        held: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        rng = generator(self._seed, "validation")
        for c in range(len(self.classes_)):
            members = rng.permutation(np.flatnonzero(numbers == c))
            held.append(members[: min(round(self.validation_fraction * len(members)),
                                      len(members) - 1)])  # fmt: skip
        return np.sort(np.concatenate(held))

    def _changed(self, rows: list[Codes], step: int) -> list[Codes]:
        """Return sentences as training sees them in a step: turned, some tokens hidden."""
        rng = generator(self._seed, "change", step)
        if self.shifts:
            turns = rng.integers(0, self.shifts + 1, len(rows))
            rows = [np.concatenate([row[len(row) - t % len(row) :], row[: len(row) - t % len(row)]])
                    for row, t in zip(rows, turns.tolist(), strict=True)]  # fmt: skip
        if self.hidden:
            blank = len(self.vocabulary_)
            rows = [np.where(rng.random(len(row)) < self.hidden, blank, row) for row in rows]
        return rows

    def _loss(
        self, codes: Sequence[Codes], y: Tensor, weights: Tensor, step: int | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of sentences; in a step of training as shots would show them."""
        p = self._measured(self.network_, codes, self.gate_noise)
        if self.shots is not None and step is not None:
            rng = generator(self._seed, "shots", step)
            drawn = torch.from_numpy(rng.standard_normal(p.shape)).to(p)
            scatter = drawn - drawn.mean(dim=1, keepdim=True)  # frequencies add up to 1
            variance = (p * (1 - p)).clamp_min(0.0) / self.shots
            p = p + scatter * (variance / (1 - 1 / p.shape[1])).sqrt()
        logs = torch.log_softmax(self.network_.logits(p), dim=1)
        loss = -(logs.gather(1, y[:, None])[:, 0] * weights).mean()
        correct = (logs.detach().argmax(dim=1) == y).double().mean()
        return loss, {"loss": loss.detach(), "accuracy": correct}

    def _measured(
        self, network: SequenceNetwork, codes: Sequence[Codes], noise: float = 0.0
    ) -> Tensor:
        """Return P_c of sentences of any lengths, (batch, classes)."""
        return modulo(self._outcomes(network, codes, noise)[0], len(self.classes_))

    def _outcomes(
        self, network: SequenceNetwork, codes: Sequence[Codes], noise: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Return distributions of the outcomes and log success of sentences of any lengths."""
        order, parts = [], []
        words, boxes = network.vectors(), network.channels(noise)
        for members, table in by_length(codes).values():
            order.append(members)
            parts.append(network.contracted(torch.from_numpy(table), words, boxes))
        back = torch.from_numpy(np.argsort(np.concatenate(order)))
        return torch.cat([p for p, _ in parts])[back], torch.cat([s for _, s in parts])[back]

    def _freeze(self) -> None:
        """Keep what was trained in double precision, as arrays and as a network."""
        self._exact = self.network_.exact().requires_grad_(False)
        self.parts_ = Parts(
            self._shape(),
            self._exact.states().resolve_conj().numpy(),
            self._exact.unitaries().numpy(),
            self._read,
        )

    def _contracted(
        self, codes: Sequence[Codes], noise: float = 0.0, readout: float = 0.0
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = []
        with torch.no_grad():
            for k in range(0, len(codes), CHUNK):
                found.append(self._outcomes(self._exact, codes[k : k + CHUNK], noise))
        p = torch.cat([part for part, _ in found])
        if readout:
            for bit in range(self._read):
                halves = p.unflatten(1, (-1, 2, 2**bit))
                p = ((1 - readout) * halves + readout * halves.flip(2)).flatten(1)
        return p.numpy(), torch.cat([log for _, log in found]).numpy()

    @property
    def _reader(self) -> Reader:
        """How sentences are read; those longer than there are boxes for are refused."""
        limited = self.sharing != "uniform" or self.max_length is not None
        return Reader(
            self.vocabulary_,
            self.units,
            len(self.vocabulary_) if self.hidden > 0 else None,
            self._longest if limited else None,
        )

    @property
    def _calibration(self) -> Calibration | None:
        """What makes class probabilities of the outcomes, if it was learnt."""
        if not self.calibrate:
            return None
        offsets = np.append(0.0, self._exact.offsets.numpy())
        return Calibration(float(self._exact.scale.exp()), offsets)
