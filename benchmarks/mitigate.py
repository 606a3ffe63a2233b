"""Mitigation: technique x problem -> error, overhead, coverage; forty CPU minutes in all."""

from __future__ import annotations

from benchmarks import (
    mitigate_backpropagation,
    mitigate_bridge,
    mitigate_coverage,
    mitigate_distributions,
    mitigate_energy,
    mitigate_learned,
    mitigate_neural,
    mitigate_peers,
    mitigate_split,
    mitigate_tem,
    mitigate_traps,
    parts,
    report,
)

JOBS: dict[str, parts.Job] = {
    "energy": mitigate_energy.add_rows,
    "energy-again": mitigate_energy.add_second,
    "quench": mitigate_energy.add_quench,
    "peers": mitigate_peers.add_rows,
    "coverage": mitigate_coverage.add_coverage,
    "cancellation": mitigate_coverage.add_cancellation,
    "learned": mitigate_learned.add_rows,
    "transfer": mitigate_learned.add_transfer,
    "tem": mitigate_tem.add_rows,
    "wide-tem": mitigate_tem.add_wide,
    "backpropagation": mitigate_backpropagation.add_rows,
    "distributions": mitigate_distributions.add_rows,
    "bridge": mitigate_bridge.add_rows,
    "neural": mitigate_neural.add_rows,
    "split": mitigate_split.add_rows,
    "traps": mitigate_traps.add_rows,
}

if __name__ == "__main__":
    packages = (*report.PACKAGES, "qiskit-ibm-runtime")
    parts.main(report.Table("mitigate", "Mitigation", packages), JOBS)
