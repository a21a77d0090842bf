# A fresh machine needs Python 3.11 or later (with its venv module) and make; everything else is installed into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
LIBRARY ?= examples/library.enw

.PHONY: help install equip demo test test-spark properties check format bench bench-snapshot bench-ingest bench-spark clean requests

help:
	@echo 'make demo      clean examples/library.enw against the sample snapshot (LIBRARY=my.enw: your own, with the network)'
	@echo 'make test      the whole test suite; no network beyond package installation'
	@echo 'make properties  20,000 dirty libraries against the laws of every clean (CASES=1000: fewer)'
	@echo 'make test-spark  the tests on a real Spark (installs pyspark; needs Java 17)'
	@echo 'make requests  500 requests of every kind against what the service says of itself (EXAMPLES=50: fewer)'
	@echo 'make check     format, lint, types, layers'
	@echo 'make format    let the formatter have its way'
	@echo 'make bench     the benchmarks, as ratios in one run'
	@echo 'make bench-snapshot  the snapshot with two million works; half an hour (WORKS=20000 OF=2000000: the first of them)'
	@echo 'make bench-ingest  a million records ingested, and another run killed twenty times; some 25 minutes, 10 GB'
	@echo 'make bench-spark  a million records on Spark and on one machine, compared (20 GB of disk; an hour)'
	@echo 'make clean     remove what the other targets made'

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint tests/constraints.txt

$(VENV)/.installed: pyproject.toml tests/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.equipped: $(VENV)/.installed
	$(PIP) --no-build-isolation --editable '.[test]'
	@touch $@

install: $(VENV)/.installed

equip: $(VENV)/.equipped

demo: install
	@$(BIN)/python examples/demo.py --library '$(LIBRARY)'

test: equip
	$(BIN)/python -m pytest

# Spark is 400 MB: tested where it is wanted, and left out of what every test run installs. It comes as a source package.
$(VENV)/.sparked: $(VENV)/.equipped
	$(PIP) setuptools wheel
	$(PIP) --no-build-isolation --editable '.[spark]'
	@touch $@

test-spark: $(VENV)/.sparked
	$(BIN)/python -m pytest tests/spark

CASES ?= 20000
properties: equip
	ENRICH_CASES=$(CASES) $(BIN)/python -m pytest tests/laws/test_cleaning.py

EXAMPLES ?= 500
requests: equip
	ENRICH_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/service/test_openapi.py

check: equip
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: equip
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: equip
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

WORKS ?= 2000000
DATA ?= build/corpus
bench-snapshot: equip
	$(BIN)/python benchmarks/snapshot.py --works $(WORKS) --data '$(DATA)' --workers 2 $(if $(OF),--of $(OF))

bench-ingest: equip
	$(BIN)/python benchmarks/ingest.py --records 1000000 --workers 2
	$(BIN)/python benchmarks/kill_ingest.py --kills 20

bench-spark: $(VENV)/.sparked
	$(BIN)/python benchmarks/spark.py --records 1000000 --works $(WORKS) --parts 32 --data '$(DATA)'

clean:
	rm -rf $(VENV) demo dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache
