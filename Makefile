# Every target sets up what it needs: `make demo` and `make test` work in a fresh clone.
# The distribution's Python is built with profiles, others often are not (docs/operations.md).
PYTHON ?= $(shell for one in /usr/bin/python3 python3; do \
  if "$$one" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
    2>/dev/null; then echo "$$one"; exit; fi; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
# Processes that share the tests, a file in one of them; one more than two cores, since
# tests wait for the services they start.
JOBS ?= 3
READY := $(VENV)/.ready

# Python keeps what it compiled: it is loaded by every program that is started.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo serve test check format bench fuzz prove sbom clean

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Cần Python 3.11 trở lên / Python 3.11 or newer is needed"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint requirements.lock --editable '.[dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/lienthong demo

serve: $(READY)
	@$(BIN)/lienthong serve --demo

test: $(READY)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
	  -m 'not bench and not prove' \
	  --ignore=tests/architecture --ignore=tests/bench --ignore=tests/prove

check: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q --no-header -p no:cacheprovider tests/architecture

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY)
	@$(BIN)/python -m pytest -m bench -s tests/bench

fuzz: $(READY)
	@$(BIN)/python -m tests.prove.fuzz

prove: $(READY)
	@$(BIN)/python -m pytest -m prove -s

# Every library with version, licence and digest, as CycloneDX; needs no network.
sbom: $(READY)
	@mkdir -p var
	@$(BIN)/python -m tests.support.sbom > var/sbom.cdx.json
	@echo var/sbom.cdx.json

clean:
	rm -rf $(VENV) var build *.egg-info
