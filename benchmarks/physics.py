"""Physics beside exact values: states in time, ground states, models of matter."""

from __future__ import annotations

from benchmarks import (
    parts,
    physics_antn,
    physics_charges,
    physics_compression,
    physics_driven,
    physics_elements,
    physics_lattice,
    physics_long_range,
    physics_orders,
    physics_response,
    physics_shapes,
    physics_thermal,
    physics_trees,
    report,
)

JOBS: dict[str, parts.Job] = {
    "antn": physics_antn.add_rows,
    "antn-large": physics_antn.add_large,
    "compression": physics_compression.add_rows,
    "orders": physics_orders.add_rows,
    "charges": physics_charges.add_rows,
    "charges-sweeps": physics_charges.add_sweeps,
    "charges-species": physics_charges.add_species,
    "driven": physics_driven.add_rows,
    "elements": physics_elements.add_rows,
    "elements-long": physics_elements.add_long,
    "lattice": physics_lattice.add_rows,
    "long-range": physics_long_range.add_rows,
    "thermal": physics_thermal.add_rows,
    "response": physics_response.add_rows,
    "response-circuits": physics_response.add_circuits,
    "shapes": physics_shapes.add_rows,
    "trees-gates": physics_trees.add_gates,
    "trees-rank-adaptive": physics_trees.add_rank_adaptive,
    "trees-parallel": physics_trees.add_parallel,
    "trees-starts": physics_trees.add_starts,
    "trees-ground": physics_trees.add_ground,
}

if __name__ == "__main__":
    parts.main(report.Table("physics", "Physics"), JOBS)
