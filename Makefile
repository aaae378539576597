# Two commands do all set-up: `make propose` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: propose test test-slow lint docs notebooks suites install clean

propose: $(VENV)/.installed
	$(BIN)/electrolyte-ml propose recipes/sodium_room_temperature.toml

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

# The rest, and ever more examples of what must hold whatever is given.
test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow or hypothesis" --hypothesis-profile=ci

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

# The site of documentation, in site/; warnings are errors. The variables silence an advertisement.
docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --quiet

# Every notebook runs from the first cell to the last.
notebooks: $(VENV)/.installed-docs
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --nbmake -n 2 examples/notebooks

# Suites of benchmarks in their short form; suite-speed and suite-scale measure times.
SUITES := sodium search graph ablation solutions transport window simulation quantum chemistry \
  viscosity density
suites: $(SUITES:%=suite-%)

suite-%: $(VENV)/.installed-test
	jobs="$$(mktemp -d)" && $(BIN)/electrolyte-ml bench $* --quick --jobs "$$jobs" && rm -r "$$jobs"

install: $(VENV)/.installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("electrolyte_ml needs Python 3.11 or newer; set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-lint: pyproject.toml $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	touch $@

$(VENV)/.installed-docs: pyproject.toml $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[test,docs]'
	touch $@

clean:
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache .hypothesis
