# Everything runs in one environment, .venv, made from the locked requirements. Needs only Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST_ARGS ?= -n auto --dist worksteal

.PHONY: demo test check setup bench docs lock clean help

help:
	@echo "make demo    set up, assess examples/bgms, print where the report is"
	@echo "make test    set up, run the tests"
	@echo "make check   ruff and mypy"
	@echo "make bench   run the benchmarks that need nothing but ../shared/data"
	@echo "make docs    write the reference pages from the code"
	@echo "make lock    resolve the requirements again (needs uv)"

demo: $(VENV)/.core
	@$(BIN)/harmpath assess examples/bgms -o out/bgms

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(VENV)/.test

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/.test
	$(BIN)/python docs/generate.py

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The package goes in last and without dependencies: they all come from the lock, checked by hash.
$(VENV)/.core: $(VENV)/.python requirements/core.txt pyproject.toml
	@echo "Setting up .venv (once) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/core.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.core requirements/test.txt
	@echo "Setting up the test environment (once) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/test.txt
	@touch $@

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" pyproject.toml requirements/build.in

lock:
	$(LOCK) -o requirements/core.txt
	$(LOCK) --extra documents --extra landscape --extra sim --extra ml --group dev -c requirements/core.txt \
	        -o requirements/test.txt

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis
