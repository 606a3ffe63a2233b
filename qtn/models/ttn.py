"""Tree-tensor-network models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from qtn._checks import bounded_int
from qtn._machine import few_threads, suited
from qtn._optional import Tensor, torch
from qtn.models.base import estimator
from qtn.models.classifier import Classifier
from qtn.models.networks.isometric import IsometricNetwork, IsometricTree, kept_dimensions
from qtn.models.networks.pair_blocks.block_tree import BlockTree
from qtn.models.networks.tree import START_ROWS, WIDEST_DIRECT, TreeNetwork, node_tensors
from qtn.models.recipes.candidates import Candidate, Table, tree_models
from qtn.models.recipes.circuit_options import in_blocks, width_of
from qtn.models.recipes.settings import is_auto
from qtn.models.recipes.tree_options import learned_tree, restored_tree
from qtn.models.training.place import tree_work

# Rows that decide the data-driven start of a circuit.
_ISOMETRIC_START_ROWS = 500


@estimator(
    *("bond", "recipe", "tree", "shape", "shifts", "flips", "jitter", "isometric", "nodes"),
    *("depth", "gate_noise", "readout_noise", "shots"),
    *(
        "features",
        "loss",
        "generative",
        "epochs",
        "batch_size",
        "learning_rate",
        "validation_fraction",
        "patience",
    ),
    *("class_weight", "rescale", "checkpoint", "device", "dtype", "seed", "random_state"),
    *("progress",),
)
class TTNClassifier(Classifier):
    """Classifier whose weights are a tree tensor network, started by coarse-graining the data.

        f_c(x) = ⟨Φ(x)|W_c⟩,   p(c|x) = |f_c|² / Σ_k |f_k|² ("born") or softmax of f ("softmax")

    With `loss="softmax"` the vector that reaches the root is scaled to unit length first, so that
    the probabilities do not depend on the length that a row loses on its way.

    Args:
        bond: bond dimension, at least the dimension of a feature vector; by hand 8.
        tree: "patches" (2-D, needs `shape`), "balanced" (neighbours), "linkage" or "chow-liu" (from
            what columns know of each other, see `qtn.models.structure.linkages`), pairs of node
            numbers, see `qtn.models.networks.trees`, or "auto": what is best on rows held out. None
            takes patches where a shape is given; else a search decides as by "auto" (4 to 256
            columns, at least 200 rows), and by hand it is "balanced".
        shape: (height, width) of the image that one row is.
        shifts: largest random shift in pixels of the images in training, in every direction.
        flips: True mirrors half of the images left to right in training.
        isometric: True trains a tree of unitaries whose surplus qubits are discarded: the model is
            the circuit that `circuit()` returns, see `qtn.models.networks.isometric`. `bond` is
            then a power of 2 and the features are trigonometric.
        nodes: of isometric trees: "matrices", one orthogonal matrix per node, or "blocks", a few
            blocks of SO(4) per node, two CX each, for devices (docs/isometric_blocks.md). By hand
            blocks have bond=4, epochs=100, batch_size=128 and learning_rate=0.1.
        depth: of blocks: a node of height h has up to min(depth, h - 1) rounds of blocks; by hand
            2.
        gate_noise: of isometric trees: the probability in training that a gate, or a block of two
            CX, leaves its qubits completely mixed.
        readout_noise: of isometric trees: the probability in training that a bit is misread.
        shots: of isometric trees: frequencies in training scatter as those of so many shots, so
            that what is learnt can be told from few; None trains on exact ones. By hand 2500 for
            blocks.
        loss: "softmax" or "born"; by hand "softmax".
        recipe, jitter, features, generative, epochs, batch_size, learning_rate,
        validation_fraction, patience, class_weight, rescale, checkpoint, device, dtype, seed,
        random_state, progress: as in `MPSClassifier`; by hand generative=0, epochs=30,
            batch_size=128 and learning_rate=2e-3.

    Attributes:
        classes_, history_, status_, best_epoch_, recipe_: as in `MPSClassifier`.
        tree_: the pairs of the tree.

    Cost: an epoch takes about 3 · rows · sites · bond³ operations.

    Example:
        >>> from qtn.data import load_digits
        >>> data = load_digits(size=2, classes=(0, 1))
        >>> model = TTNClassifier(bond=3, epochs=5).fit(data.x_train, data.y_train)
        >>> model.predict(data.x_test[:3]).shape
        (3,)

    Reference: Stoudenmire, Quantum Sci. Technol. 3, 034003 (2018) for the start; Liu et al., New J.
    Phys. 21, 073059 (2019) for tree classifiers. Trained by gradients here.
    """

    kind: ClassVar[str] = "ttn-classifier"

    FIXED: ClassVar[Mapping[str, Any]] = {
        "bond": 8, "features": "trigonometric", "loss": None, "generative": 0.0,
        "epochs": 30, "batch_size": 128, "learning_rate": 2e-3, "jitter": 0.0,
    }  # fmt: skip

    tree: str | Sequence[Sequence[int]] | None = None

    def _check_parameters(self) -> None:
        bounded_int("bond", self._setting("bond"), 2, way_out="8 is a good first choice.")
        super()._check_parameters()

    def _loss(self) -> str:
        found = self._setting("loss")
        return "softmax" if is_auto(found) else str(found)

    @property
    def _unit(self) -> bool:
        return self._loss() == "softmax"

    def _learn_columns(self, rows: NDArray[Any], weights: NDArray[Any]) -> None:
        super()._learn_columns(rows, weights)
        sites = self._sites_of(rows.shape[1], 1)
        self.tree_ = learned_tree(self, rows, weights, sites, "MPSClassifier")

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        return arrays, header | {"pairs": [list(pair) for pair in self.tree_]}

    def _restore_structure(self, header: dict[str, Any]) -> None:
        self.tree_ = restored_tree(self, header, self._sites, "MPSClassifier")

    def _step_work(self, sites: int, phys: int) -> float:
        return tree_work(
            sites, phys, self._setting("bond"), int(self._setting("batch_size")), self._wants_norm()
        )

    def _candidates(self, table: Table) -> list[Candidate]:
        return tree_models(table, {"loss": "softmax", "generative": 0.0})

    def _start(
        self, x: Tensor, y: Tensor, classes: int, weights: Tensor
    ) -> TreeNetwork | IsometricNetwork:
        bond = bounded_int(
            "bond",
            self._setting("bond"),
            x.shape[2],
            way_out="A bond must hold one feature vector.",
        )
        # The rows are in the order given; a regular choice of them shows all classes.
        step = max(1, len(x) // (_ISOMETRIC_START_ROWS if self.isometric else START_ROWS))
        if in_blocks(self):
            blocks = BlockTree.near_identity(
                self.tree_, classes, width_of(self), self._setting("depth"), self._seed
            )
            return blocks.to(self._dtype)
        if self.isometric:
            tree = IsometricTree.coarse_grained(
                x[::step].cpu(), classes, self.tree_, bond, weights[::step].cpu()
            )
            return tree.to(self._dtype)
        # Wide nodes take long; a subspace found on a GPU is the same up to rounding.
        where = self._place if bond**2 > WIDEST_DIRECT else "cpu"
        x, y, weights = (t[::step].to(where) for t in (x, y, weights))
        with few_threads(suited(bond**2 // 2)):  # pairs of children are diagonalised
            network = TreeNetwork.coarse_grained(x, y, classes, self.tree_, bond, weights)
        return network.to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> TreeNetwork | IsometricNetwork:
        if not self.isometric:
            return TreeNetwork.from_arrays(self.tree_, arrays)
        if in_blocks(self):
            blocks = torch.tensor(arrays["nodes.0"])
            return BlockTree(
                self.tree_, len(self.classes_), blocks, width_of(self), self._setting("depth")
            )
        nodes = node_tensors(arrays)
        kept = kept_dimensions(len(nodes), self._setting("bond"))
        return IsometricTree(self.tree_, len(self.classes_), nodes, kept)
