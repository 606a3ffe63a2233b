"""Files up to 400 lines, functions up to 40, at most 7 parameters: exceptions are named here."""

from __future__ import annotations

from pathlib import Path

import house

KERNEL = "one compiled loop: a call inside it costs more than the lines saved"
BUFFERS = "arrays that numba or BLAS takes one by one"

LONG_BODIES = {
    "aqc/kernels/gate_loops.py:_polar": KERNEL,
    "aqc/kernels/transverse_loops.py:run": KERNEL,
    "models/sweeps/born_local.py:_improved": KERNEL,
    "physics/tebd_kernels.py:_product": KERNEL,
    "physics/tebd_kernels.py:_split": KERNEL,
    "states/kernels/expectation_kernel.py:run": KERNEL,
}

MANY_PARAMETERS = {
    "aqc/kernels/transverse_loops.py:run": BUFFERS,
    "devices/door.py:run": "a door: what is run, where, how often, at what cost, and its record",
    "hybrid/door.py:deploy": "a door: what is compiled and measured, how, where, at what cost",
    "hybrid/model.py:QuantumModel.refine": "a door: what is made small, on which rows",
    "mitigation/door.py:mitigate": "a door: circuit, observable, techniques, a device's options",
    "physics/matrix_elements/door.py:off_diagonal_elements": "a door: operators, window, limits",
    "physics/response/door.py:structure_factor": "a door: operators, window, limits",
    "reports/door.py:compare": "a door: models, data, and what to compare them with",
    "states/kernels/blas.py:gemm": BUFFERS,
    "states/kernels/blas.py:product": BUFFERS,
    "states/kernels/expectation_kernel.py:run": BUFFERS,
    "verification/door.py:verify": "a door: what is asked of a circuit, by whom, and the limits",
}


def test_no_file_is_long() -> None:
    assert house.long_files() == {}


def test_no_function_is_long() -> None:
    assert set(house.long_functions()) == set(LONG_BODIES)


def test_no_function_has_many_parameters() -> None:
    assert set(house.crowded_functions()) == set(MANY_PARAMETERS)
    assert len(MANY_PARAMETERS) <= 12


def test_what_is_too_large_is_found(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "long.py").write_text("#\n" * 401)
    (room / "enough.py").write_text("#\n" * 400)
    (room / "wide.py").write_text(
        "class A:\n    def f(self, a, b, c, d, e, f, g): ...\n"
        "    def g(self, a, b, c, d, *, e, f, g, h=1): ...\n"
    )
    body = "    x = 1\n"
    (room / "tall.py").write_text(
        f'def f():\n    """Say\n    {"much" * 9}."""\n{body * 40}\n\ndef g():\n{body * 41}\n'
    )
    assert house.long_files(tmp_path) == {"room/long.py": 401}
    assert house.crowded_functions(tmp_path) == {"room/wide.py:A.g": 8}
    assert house.long_functions(tmp_path) == {"room/tall.py:g": 41}
    assert house.fullest_folder(room) == ("room", 4)


def test_no_folder_is_full() -> None:
    name, count = house.fullest_folder()
    assert count <= house.MAX_FOLDER, f"{name}: give it wings"
