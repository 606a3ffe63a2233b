"""What is said where no search is likely to reach the goal in time: what an exact circuit costs.

States of large bonds without structure have no short circuits. Nothing that `Auto` grows comes near
them, and the window of their bond takes longer than it may; but its number of gates is known.
"""

from __future__ import annotations

import warnings

from qtn.aqc.methods.isometries import Isometries
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.sitewise import expected_seconds
from qtn.aqc.shape.chain_trees import chain_tree

HOPELESS = 0.9  # infidelity of two staircases from which growing them does not help


def tell(scene: Scene) -> None:
    """Note what an exact circuit takes; warn at once where nothing else is near the target.

    A budget of gates says that the nearest circuit is wanted, which needs no warning.

    Args:
        scene: the choice under way, short circuits tried.
    """
    job = scene.job
    gates = Isometries(basis=job.basis).two_qubit_gates(job.state)
    seconds = expected_seconds(chain_tree(job.chain).shape)
    text = f"{gates} two-qubit gates by Isometries(), about {seconds:.2g} CPU seconds"
    scene.notes["exact circuit"] = text
    reached = min((point.infidelity for point in scene.points), default=0.0)
    if reached < HOPELESS or scene.limit is not None:
        return
    warnings.warn(
        f"This state of {job.n} sites and bond {job.state.max_bond} has no short circuit that a "
        f"search finds: two layers of gates end at infidelity {reached:.3g}. An exact circuit "
        f"takes {text}: qtn.compile(target, qtn.aqc.Isometries()). "
        "qtn.Window(fullness=0.9, bond=...) takes fewer gates and is less exact.",
        stacklevel=2,
    )
