"""Aer's settings: what runs on a GPU, and how much fits there."""

from __future__ import annotations

import pytest

from qtn._machine import Gpu
from qtn.devices.engines.gpu import CPU, Aer


def test_methods_without_a_form_for_gpus_run_on_the_cpu() -> None:
    assert Aer(gpu=True).simulator("matrix_product_state").options.device == "CPU"
    assert Aer(precision="single").simulator("statevector").options.precision == "single"
    assert CPU.simulator("statevector").options.precision == "double"


def test_limits_follow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtn.devices.engines.gpu.gpus", lambda: (Gpu("H100", 80 << 30, "1"),))
    assert Aer(True, "single").statevector_limit == 33
    assert Aer(True).statevector_limit == 32
    assert Aer(True).density_matrix_limit == 15
    assert (CPU.statevector_limit, CPU.density_matrix_limit) == (28, 13)
    monkeypatch.setattr("qtn.devices.engines.gpu.gpus", lambda: ())
    assert Aer(True).statevector_limit == 0


def test_other_settings_are_another_request() -> None:
    settings = CPU, Aer(True), Aer(True, "single"), Aer(False, "single")
    assert [a.options for a in settings] == ["", "gpu", "gpu single", "single"]
