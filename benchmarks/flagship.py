"""The flagship: SU(2) hadrons on 120 qubits from end to end, every number with its interval.

    make flagship
    make flagship ONLY=hadrons ARGS=--resume

Rows of every part are kept, so that a run that was interrupted goes on with `--resume`.
"""

from __future__ import annotations

from benchmarks import flagship_compile, flagship_device, flagship_evolve, parts, report

JOBS: dict[str, parts.Job] = {
    **flagship_evolve.JOBS,
    **flagship_compile.JOBS,
    **flagship_device.JOBS,
}

if __name__ == "__main__":
    parts.main(report.Table("flagship", "Flagship: hadrons on 120 qubits"), JOBS)
