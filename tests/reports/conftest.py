"""One comparison on a noisy device, with every row there can be."""

import pytest

import qtn


@pytest.fixture(scope="session")
def data():
    return qtn.load_digits(size=2, classes=(0, 1), seed=0)


@pytest.fixture(scope="session")
def comparison(data):
    model = qtn.MPSClassifier(bond=4, epochs=10, seed=0, progress=False)
    model.fit(data.x_train, data.y_train)
    quantum = qtn.deploy(
        model,
        qtn.Staircase(layers=1),
        device="FakeManilaV2",
        shots=2000,
        mitigation=[qtn.Readout(), qtn.ZNE()],
        progress=False,
    )
    checks = tuple(
        qtn.verify(c.circuit, model.state(k))
        for k, c in zip(quantum.classes, quantum.compiled, strict=True)
    )
    return qtn.compare(
        model,
        quantum,
        data.x_test[:12],
        data.y_test[:12],
        baselines=None,
        checks=checks,
        progress=False,
    )
