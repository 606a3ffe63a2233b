"""Applications: one table per problem, beside published values and honest baselines."""

from __future__ import annotations

from benchmarks import applications_knots, parts, report

JOBS: dict[str, parts.Job] = {
    "knots": applications_knots.add_rows,
    "knots-devices": applications_knots.add_noisy,
    "knots-growth": applications_knots.add_growth,
}

if __name__ == "__main__":
    parts.main(report.Table("applications", "Applications"), JOBS)
