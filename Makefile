# Everything a person or a server needs, on a machine that has only Debian, Python >= 3.11 and git.
# Each target sets up what it needs first; what is set up is not set up again.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One process more than the two cores of a small server: tests of programs that they start wait for these.
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS)

# The same answer on every machine: no locale, no display.
export LC_ALL := C.UTF-8
# Where a machine forbids it, each of the many processes would compile the program, and rewrite the tests, anew.
export PYTHONDONTWRITEBYTECODE :=
export QT_QPA_PLATFORM ?= offscreen
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help venv demo lint style types test quick test-slow check bench measured docs train

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

venv: $(READY) ## Create .venv with the pinned packages and inducult-geo itself

# The stamp is written last, so a set-up that broke off is taken up again.
$(READY): constraints.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)'. On Debian: apt-get install python3 python3-venv (as root)." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "inducult-geo needs Python 3.11 or newer, this is $$($(PYTHON) --version)." >&2; \
	  echo "Name another one: make $(or $(MAKECMDGOALS),venv) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv (as root)." >&2; \
	  exit 2; }
	@echo "setting up $(VENV), once ..."
	@# An environment whose interpreter is gone (an upgraded system) cannot be mended, only made anew.
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@# The list is complete, so nothing is resolved: pip would ask for extras such as sqlalchemy[asyncio] by name.
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check >/dev/null || { $(BIN)/python -m pip check >&2; exit 1; }
	@touch $@

demo: $(READY) ## Run everything on the sample of eight regions; prints the files to open
	@$(BIN)/inducult run

lint: style types ## ruff, import-linter and mypy

style: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run $(BIN)/ruff format ." >&2; exit 1; }
	@told=$$($(BIN)/lint-imports --no-logo --no-cache 2>&1) || { echo "$$told" >&2; exit 1; }

types: $(READY)
	@$(BIN)/mypy --no-error-summary

test: style ## Lint and every test that takes seconds
	@# In a fresh clone mypy takes most of a minute of one core, and the tests often wait: they go side by side.
	@$(MAKE) --no-print-directory --jobs=2 types quick

quick: $(READY)
	@$(PYTEST) -m "not slow"

test-slow: $(READY) ## Kills, fuzzing, scale, real servers and whole nights
	@$(PYTEST) -m slow

check: test ## What the server runs on every change

bench: $(READY) ## Measure: every tests/benchmarks/bench_*.py
	@for file in tests/benchmarks/bench_*.py; do \
	  echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

measured: $(READY) ## Measure what the documentation shows, into docs/measured: make measured ONLY="link scale"
	@$(BIN)/python docs/measure.py $(ONLY)

docs: $(READY) ## Build the documentation into build/docs; a warning is an error
	@$(BIN)/python -m sphinx -q -n -W --keep-going -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

train: $(READY) ## Fit the weights of the matcher anew, from labelled tables: make train LABELLED=folder
	@$(BIN)/python -m inducult_geo.match.learning.train tests/benchmarks/labelled.toml --data $(or $(LABELLED),../shared/data/sites) \
	  --out inducult_geo/match/weights.json
