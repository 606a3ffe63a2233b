"""Quantum models: every form on devices, refined on the task, beside the classical model.

Five splits of each data set unless a row says otherwise; accuracies are means with their standard
errors over the splits; whatever is chosen is chosen on validation rows. Shots are total per row
unless said; CPU seconds are those of one thread.
"""

from __future__ import annotations

from benchmarks import (
    parts,
    quantum_born,
    quantum_compare,
    quantum_device,
    quantum_forms,
    quantum_isometric,
    quantum_noise,
    quantum_refine,
    quantum_synergy,
    quantum_variance,
    report,
)

JOBS: dict[str, parts.Job] = {
    "forms: label register": quantum_forms.label_register,
    "forms: the choice of auto": quantum_forms.automatic,
    "forms: shots to a decision": quantum_forms.decisions,
    "forms: digits 3 and 8 under noise": quantum_forms.noisy_pair,
    "comparison: coverage and cost": quantum_compare.rows,
    **quantum_born.JOBS,
    **quantum_noise.JOBS,
    **quantum_isometric.JOBS,
    "on a device: energies": quantum_device.energies,
    "on a device: added gates": quantum_device.added,
    "synergy": quantum_synergy.rows,
    "gradient variance": quantum_variance.rows,
    **quantum_refine.JOBS,
}

if __name__ == "__main__":
    packages = (*report.PACKAGES, "scikit-learn", "qiskit-ibm-runtime")
    parts.main(report.Table("quantum", "Quantum models", packages), JOBS)
