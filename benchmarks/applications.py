"""Applications: one table per problem, beside published values and honest baselines."""

from __future__ import annotations

from benchmarks import (
    applications_kernels,
    applications_knots,
    applications_language,
    applications_loading,
    applications_proteins,
    applications_spins,
    applications_vqe,
    parts,
    report,
)

JOBS: dict[str, parts.Job] = {
    "kernels-many-qubits": applications_kernels.add_many_qubits,
    "kernels-published": applications_kernels.add_published,
    "kernels-landmarks": applications_kernels.add_landmarks,
    "kernels-speed": applications_kernels.add_speed,
    "kernels-agreement": applications_kernels.add_agreement,
    "kernels-devices": applications_kernels.add_devices,
    "knots": applications_knots.add_rows,
    "knots-devices": applications_knots.add_noisy,
    "knots-growth": applications_knots.add_growth,
    "language-export": applications_language.add_export,
    "language-meaning": applications_language.add_meaning,
    "language-pronouns": applications_language.add_pronouns,
    "loading": applications_loading.add_rows,
    "loading-several": applications_loading.add_several,
    "proteins-baselines": applications_proteins.add_baselines,
    "proteins-small": applications_proteins.add_small,
    "proteins-large": applications_proteins.add_large,
    "proteins-device": applications_proteins.add_device,
    "proteins-shots": applications_proteins.add_shots,
    "proteins-figure": applications_proteins.add_figure,
    "spins": applications_spins.add_rows,
    "spins-pairs": applications_spins.add_pairs,
    "spins-frustrated": applications_spins.add_frustrated,
    "vqe": applications_vqe.add_rows,
    "vqe-devices": applications_vqe.add_devices,
}

if __name__ == "__main__":
    parts.main(report.Table("applications", "Applications"), JOBS)
