"""Aer's settings: what runs on a GPU, and how much fits there."""

from __future__ import annotations

import pytest

from qtn._machine import Gpu
from qtn.devices.engines import gpu as module
from qtn.devices.engines.gpu import CPU, LIBRARIES, Aer, refuse_missing
from qtn.errors import DeviceError


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
    settings = CPU, Aer(True), Aer(True, "single"), Aer(False, "single"), Aer(True, library="x")
    assert [a.options for a in settings] == ["", "gpu", "gpu single", "single", "gpu x"]


def test_libraries_are_options_and_methods_of_aer() -> None:
    assert "cuStateVec_enable" not in Aer(True).settings("statevector")
    assert Aer(True, library="custatevec").settings("statevector")["cuStateVec_enable"] is True
    whole = Aer(True, library="cutensornet")
    assert whole.method == "tensor_network"
    assert whole.settings("tensor_network")["device"] == "GPU"
    assert CPU.method is Aer(True, library="custatevec").method is None


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_missing_library_is_named_with_its_wheel(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_refuse_without_gpu", lambda name: None)
    monkeypatch.setattr(module, "_installed", lambda wheel: False)
    with pytest.raises(DeviceError, match=f"pip install {LIBRARIES[library]}"):
        refuse_missing("aer", Aer(True, library=library))
    monkeypatch.setattr(module, "_installed", lambda wheel: True)
    refuse_missing("aer", Aer(True, library=library))


def test_wheels_are_found_by_their_names() -> None:
    assert module._installed("numpy")
    assert not module._installed("no-such-cu12")
