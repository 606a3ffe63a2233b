"""Physics beside exact values: states in time, ground states, models of matter."""

from __future__ import annotations

from benchmarks import parts, physics_elements, physics_orders, physics_shapes, report

JOBS: dict[str, parts.Job] = {
    "orders": physics_orders.add_rows,
    "elements": physics_elements.add_rows,
    "elements-long": physics_elements.add_long,
    "shapes": physics_shapes.add_rows,
}

if __name__ == "__main__":
    parts.main(report.Table("physics", "Physics"), JOBS)
