# make demo        the main job, into out/demo (report.html, comparison.qtn, circuit.qasm, …)
# make test        everything that must hold: check + all tests (doctests and notebooks included)
# make test-fast   the tests without notebooks, flows and browser: under two minutes
# make test-slow   the tests marked slow
# make test-wheel  the wheel in a fresh environment, where Qiskit and PennyLane must find it
# make test-install what an installation takes in empty environments, and README's ten lines there,
#                  under each of Python 3.11, 3.12 and 3.13; ARGS="--base" leaves torch out
# make test-pennylane  PennyLane's own device tests, among those of our device (part of make test)
# make test-braket Amazon Braket's local simulators, in an environment of their own
# make check       format, lint, types, import layers, and the contracts of tests/contracts
# make house       the shape of the house: circles, sizes, names, what has no test of its own
# make bench       every benchmark; make bench-compile (simulate, learn, ...) for one, and
#                  make bench-compile ONLY=tfim-50 ARGS=--quick for a part of it (ARGS=--help)
# make flagship    120 qubits end to end: evolved, compiled, run, mitigated, verified (an hour);
#                  ONLY=hadrons for a part, ARGS=--resume goes on after an interruption
# make bench-gpu   what a GPU gains over one core, in six minutes; "no GPU" where there is none
# make docs       the site, into out/docs: offline, in a minute; a broken link or a warning is an error
# make readme      write the figures of README.md again
# make clean       remove .venv, out and caches
#
# Needs Python 3.11+ and make. All paths are relative, so the folder's name may hold spaces.
# Another interpreter: make test PYTHON=/path/to/python3.12

SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
RUN := $(BIN)/python -m
STAMP := .venv/installed
# Compiles the kernels of all doors, and numba keeps them: first calls are as fast as later ones.
WARM := $(RUN) qtn warm-up
# Tests: two processes of one thread each are faster than one process of two threads. Benchmarks:
# every engine runs on one thread, so that times can be compared.
THREADS := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1 \
	NUMEXPR_NUM_THREADS=1 RAYON_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false
PYTEST := $(THREADS) $(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder
BENCHMARKS := $(foreach name,compile simulate learn execute ledger mitigate applications physics gpu, \
	$(if $(wildcard benchmarks/$(name).py),$(name)))

.PHONY: help install demo flagship test test-fast test-pennylane test-slow test-wheel test-install test-braket check lint house format bench readme docs clean \
	$(addprefix bench-,$(BENCHMARKS))

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

install: $(STAMP)

# The stamp is newer than the files that decide what is installed: a second call installs nothing.
$(STAMP): pyproject.toml constraints.txt
	@python=""; \
	for name in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11 python); do \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$name"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "qtn needs Python 3.11 or newer; $(or $(PYTHON),the PATH) does not have it." >&2; \
		echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
		exit 2; \
	fi; \
	if [ ! -x $(BIN)/python ]; then \
		"$$python" -m venv .venv || { \
			echo "Could not create .venv (on Debian: apt-get install python3-venv)." >&2; exit 2; }; \
	fi
	@echo "Installing the locked set into .venv and compiling the kernels: some minutes, once."
	$(RUN) pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@$(WARM) || echo "The kernels will be compiled when they are first used." >&2
	@touch $(STAMP)

demo: $(STAMP)
	$(RUN) qtn demo --out out/demo

check: lint
	$(PYTEST) tests/contracts

lint: $(STAMP)
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(BIN)/lint-imports
	$(RUN) mypy

house: $(STAMP)
	@$(RUN) tests.house

format: $(STAMP)
	$(RUN) tests.stub
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

test: lint
	$(PYTEST)

test-fast: $(STAMP)
	$(PYTEST) --ignore=tests/flows

test-pennylane: $(STAMP)
	$(THREADS) $(RUN) pytest tests/plugins qtn/plugins

test-slow: $(STAMP)
	$(PYTEST) -m slow

test-wheel: $(STAMP)
	$(THREADS) $(RUN) pytest -m slow tests/flows/test_wheel.py

# Needs the network (or an index) and some 6 GB at a time; environments are deleted again.
test-install: $(STAMP)
	$(RUN) tests.install $(ARGS)

# Packages of the main environment are shared; what Braket pins differently is kept apart.
test-braket: .venv-braket/installed
	.venv-braket/bin/python -m pytest tests/devices/test_braket.py

.venv-braket/installed: | $(STAMP)
	$(RUN) venv .venv-braket
	$(BIN)/python -c "import pathlib, sysconfig; \
	  pathlib.Path(next(pathlib.Path('.venv-braket/lib').glob('python*')), \
	  'site-packages', 'shared.pth').write_text(sysconfig.get_path('purelib'))"
	.venv-braket/bin/python -m pip install --quiet "qiskit-braket-provider>=0.27,<0.28"
	touch $@

bench: $(addprefix bench-,$(BENCHMARKS))

$(addprefix bench-,$(BENCHMARKS)): bench-%: $(STAMP)
	$(THREADS) $(RUN) benchmarks.$* $(if $(ONLY),--only "$(ONLY)") $(ARGS)

flagship: $(STAMP)
	$(THREADS) $(RUN) benchmarks.flagship $(if $(ONLY),--only "$(ONLY)") $(ARGS)

readme: $(STAMP)
	$(THREADS) $(RUN) benchmarks.pages
	$(THREADS) $(RUN) benchmarks.readme

# `out/docs/index.html` is the site; beside every page stands its Markdown, listed in `llms.txt`.
docs: $(STAMP)
	$(THREADS) $(RUN) sphinx -b html -c docs -n -W --keep-going -q . out/docs
	@echo "out/docs/index.html"

# Peers that cannot live in our environment get one of their own.
$(foreach name,$(BENCHMARKS),$(if $(wildcard benchmarks/peers/$(name).txt), \
	$(eval bench-$(name): benchmarks/.peers/$(name)/installed)))

bench-mitigate: benchmarks/.peers/bridge/installed

benchmarks/.peers/%/installed: benchmarks/peers/%.txt | $(STAMP)
	$(RUN) venv benchmarks/.peers/$*
	benchmarks/.peers/$*/bin/python -m pip install --quiet --requirement $<
	@touch $@

clean:
	rm -rf .venv out build *.egg-info benchmarks/.peers .hypothesis \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
