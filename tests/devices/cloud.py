"""A service that keeps jobs, around the real clients of qiskit-ibm-runtime in local mode."""

from __future__ import annotations

from typing import Any

from qiskit_ibm_runtime.fake_provider import FakeManilaV2


class Killed(BaseException):
    """Ends a process where it stands: nothing in the package catches it, like kill -9."""


class Service:
    """The part of `QiskitRuntimeService` by which jobs are found again; it outlives processes."""

    is_local = False

    def __init__(self) -> None:
        self.accepted: dict[str, tuple[Any, list[str]]] = {}
        self.retrieved: list[str] = []
        self.outages = 0
        self.hidden = False

    def jobs(self, limit: int | None = 10, *, job_tags: list[str] | None = None) -> list[Any]:
        if self.outages:
            self.outages -= 1
            raise ConnectionError("503")
        found = [job for job, tags in self.accepted.values() if set(job_tags or []) <= set(tags)]
        return [] if self.hidden else found[:limit]

    def job(self, job_id: str) -> Any:
        self.retrieved.append(job_id)
        return self.accepted[job_id][0]


def cloud(client: type, service: Service, dies: str = "") -> Any:
    """Return a primitive of the real class `client` whose jobs `service` keeps.

    Args:
        client: a sampler or an estimator of qiskit-ibm-runtime.
        service: where accepted jobs live on.
        dies: the process ends "before" or "after" the job is accepted; or never.
    """

    class Cloud(client):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(mode=FakeManilaV2())
            self._local, self._service = self._service, service
            self.options.environment.job_tags = ["mine"]

        def run(self, pubs: Any, **options: Any) -> Any:
            if dies == "before":
                raise Killed
            self._service = self._local
            try:
                job = super().run(pubs, **options)
            finally:
                self._service = service
            service.accepted[job.job_id()] = job, list(self.options.environment.job_tags)
            if dies == "after":
                raise Killed
            return job

    Cloud.__name__ = f"Cloud{client.__name__}"
    return Cloud()
