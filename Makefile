# selfseed: `make demo` and `make test` set up everything they need. `make help` lists the rest.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
PEER := .venv-bench
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
DEMO := kim2009-two-gland

# An installed environment is a file; it is as new as the list of pinned packages it was made from.
RUNS := $(VENV)/ready-to-run
TESTS := $(VENV)/ready-to-test
METIENT := $(PEER)/ready-to-run
SIMULATORS := $(PEER)-networks/ready-to-run

LOCK := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help demo test check verify docs bench wheel lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     set up, run the two-gland experiment of Kim et al. 2009, print where the report is"
	@echo "make test     set up, run the tests (a few minutes)"
	@echo "make check    formatting, lint, types, and the walls between the rooms"
	@echo "make verify   the long statistical suite, and docs/validation: every claim with what was measured"
	@echo "make docs     the documentation site, into docs/_build/html; asks for no network"
	@echo "make bench    speed and accuracy beside other simulators, and of migration histories beside Metient"
	@echo "make wheel    build the package into dist/"
	@echo "make lock     renew the pinned packages from pyproject.toml"
	@echo "make clean    remove .venv, .venv-bench, dist and everything that can be made again, but no results"

demo: $(RUNS)
	@echo "[3/3] running the experiment $(DEMO) ..."
	@$(BIN)/selfseed simulate $(DEMO) --seed 2009 --out runs/$(DEMO) --force

test: $(TESTS)
	@echo "running the tests (a few minutes, the first time with half a minute of compiling) ..."
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(TESTS)
	@echo "checking format, lint, types and walls ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

verify: $(TESTS)
	@echo "running the long statistical suite ..."
	@$(BIN)/python -m pytest -m slow
	@echo "measuring every claim for docs/validation ..."
	@$(BIN)/python -m verification

docs: $(TESTS)
	@echo "building the documentation (a few minutes: its tutorial and figures are run) ..."
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(TESTS)
	@$(MAKE) --no-print-directory $(SIMULATORS) || echo "The other simulators could not be installed; going on without." >&2
	@echo "timing networks, lineages and patients (about ten minutes) ..."
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/metnet.py --figure docs/figures/network-step.svg \
		$$(test -e $(SIMULATORS) && echo --peers $(PEER)-networks/bin/python)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/lineages.py --figure docs/figures/bench-cost.svg
	@$(BIN)/python bench/page.py
	@$(MAKE) --no-print-directory $(METIENT) || echo "Metient could not be installed; going on without it." >&2
	@echo "scoring and timing migration histories (about a quarter of an hour) ..."
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/history.py \
		--metient $(PEER)/bin/python --page docs/benchmarks-histories.md

wheel: $(RUNS)
	@rm -rf dist
	@$(BIN)/python -m hatchling build -t wheel

lock: $(BIN)/python
	@echo "asking the package index for the newest versions that fit ..."
	@$(PIP) install uv
	@$(LOCK) --upgrade --group build pyproject.toml -o requirements.lock
	@$(LOCK) --upgrade --group build --extra dev --extra cluster --extra cohort --extra witness --extra docs --extra expression --extra fit --extra sensitivity --constraint requirements.lock pyproject.toml -o requirements-test.lock

clean:
	rm -rf $(VENV) $(PEER) $(PEER)-networks dist build docs/_build docs/examples .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "selfseed needs Python 3.11 or newer, and '$(PYTHON)' is not one: name one, as in 'make PYTHON=python3.12 demo'." >&2; \
		exit 1; }
	@echo "[1/3] making an environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python could not make an environment; Debian and Ubuntu keep that in the package python3-venv." >&2; \
		rm -rf $(VENV); exit 1; }

$(RUNS): requirements.lock pyproject.toml | $(BIN)/python
	@echo "[2/3] installing the pinned packages and selfseed into $(VENV) (once, about a minute) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -q -j 0 -x /tests/ $(VENV)/lib || true
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(TESTS): requirements-test.lock $(RUNS)
	@echo "installing the packages for tests into $(VENV) (once) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements-test.lock
	@touch $@

$(METIENT): bench/requirements-metient.txt
	@echo "installing Metient into $(PEER) (once, a few minutes: it brings torch) ..."
	@rm -rf $(PEER)
	@$(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-compile \
		--only-binary :all: -r bench/requirements-metient.txt
	@touch $@

$(SIMULATORS): bench/requirements-networks.txt
	@echo "installing five other simulators into $(PEER)-networks (once, a few minutes) ..."
	@rm -rf $(PEER)-networks
	@$(PYTHON) -m venv $(PEER)-networks
	@$(PEER)-networks/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-compile \
		-r bench/requirements-networks.txt
	@touch $@
