# The commands for people and for CI. `make run` and `make test` need nothing but Python and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

# A virtual environment knows its own path, so one that came along with a copied clone is made anew.
HERE := $(VENV)/.of-$(shell pwd -P | cksum | cut -d ' ' -f 1)

COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11

.PHONY: help run test test-browser bench check format lock openapi workflows imports clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.local ## the service on http://127.0.0.1:8000, with its own database and demo data
	@exec $(BIN)/siks serve

test: $(VENV)/.dev ## the whole suite, on a database server of its own (ARGS="-k words" for a part)
	$(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses 8 --dist worksteal $(ARGS)

test-browser: $(VENV)/.dev tests/browser/node_modules/.package-lock.json ## a front end with generated types, in Chromium
	$(BIN)/python -m pytest -q -m browser $(ARGS) tests/browser

bench: $(VENV)/.bench ## the service beside its limit and its rivals (SIZES="30000 300000" ARGS="--only page")
	$(BIN)/python -m bench $(if $(SIZES),--sizes $(SIZES)) $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(HERE) ## pin the dependencies of pyproject.toml again (UPGRADE=1 takes newer ones)
	$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/run.txt
	$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -c requirements/run.txt \
		--group build --extra embedded -o requirements/local.txt
	$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -c requirements/local.txt \
		--group build --extra embedded --extra dev -o requirements/dev.txt
	$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements/local.txt \
		--group build -o requirements/build.txt
	$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements/dev.txt \
		--group bench -o requirements/bench.txt
	echo uv==0.13.9 | $(BIN)/$(COMPILE) --no-annotate - -o requirements/uv.txt

openapi: $(VENV)/.dev ## write openapi/openapi.json anew from the code
	$(BIN)/python -m scripts.openapi

workflows: $(VENV)/.dev ## write docs/workflows.md anew from the tables
	$(BIN)/python -m scripts.workflows

imports: $(VENV)/.dev ## write docs/imports.md anew from the layouts of files
	$(BIN)/python -m scripts.imports

clean: ## remove the environment and the embedded database, as if freshly cloned
	@[ "$$(id -u)" != 0 ] || rm -rf "/var/lib/siks/$$(printf %s "$$(pwd -P)" | sha256sum | head -c 12)"
	rm -rf $(VENV) .siks .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		tests/browser/node_modules tests/browser/made

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: apt-get install npm, or Node 20 from elsewhere" >&2; exit 1; }
	npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund
	@touch $@

# uv where it is to be had, because it takes a tenth of pip's time; else pip with the same hashes.
$(HERE): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "SIKS needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --only-binary :all: $(LOCKED) -r requirements/uv.txt || echo "uv is not to be had: pip does its work"
	@touch $@

$(VENV)/.local: requirements/local.txt
$(VENV)/.dev: requirements/dev.txt
$(VENV)/.bench: requirements/bench.txt | $(VENV)/.local
$(VENV)/.local $(VENV)/.dev $(VENV)/.bench: $(HERE) pyproject.toml
	@echo "Installing what the lock names"; $(UV) $(LOCKED) -r $(filter %.txt,$^) || $(PIP) $(LOCKED) -r $(filter %.txt,$^)
	@$(UV) $(ITSELF) 2>/dev/null || $(PIP) $(ITSELF)
	@touch $@

UV := test -x $(BIN)/uv && $(BIN)/uv pip install --quiet --python $(BIN)/python
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := --require-hashes
ITSELF := --no-deps --no-build-isolation --editable .
