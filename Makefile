# Dabiao's commands. `make` alone, or `make help`, lists them.
#
# Everything runs from .venv. Two stamps in it say what it holds: one for what the service needs,
# one for what the tests and checks need on top. A stamp older than the lock file, or one written
# for another directory (a virtual environment cannot be moved), has its environment made again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Tried in this order; `make PYTHON=/path/to/python …` overrides it.
PYTHON ?= python3.13 python3.12 python3.11 python3

# A stamp from another place, or an interpreter that has gone, is as good as no stamp.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat $(RUN_STAMP) 2>/dev/null),$(CURDIR))
$(shell rm -f $(RUN_STAMP) $(DEV_STAMP))
endif

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(RUN_STAMP) ## Make .venv with what the service needs, exactly as locked

.PHONY: install-dev
install-dev: $(DEV_STAMP) ## Add what the tests and the checks need

$(RUN_STAMP): requirements/run.txt pyproject.toml
	@found=; old=; \
	for name in $(PYTHON); do \
		"$$name" -c '' 2>/dev/null || continue; \
		"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old="$$name"; continue; }; \
		found="$$name"; break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "make: Dabiao needs Python 3.11 or newer; $${old:+$$old is older, and }none of these is it: $(PYTHON)" >&2; exit 1; \
	fi; \
	"$$found" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $$found has no venv module; on Debian or Ubuntu install the package python3-venv" >&2; exit 1; }; \
	echo "Making $(VENV) with $$("$$found" --version) (a minute or two the first time)"; \
	"$$found" -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

$(DEV_STAMP): $(RUN_STAMP) requirements/dev.txt
	@$(PIP) --require-hashes -r requirements/dev.txt
	@echo "$(CURDIR)" > $@

# Taken from the public index alone and read from no configuration of the machine that runs it, so
# that the lock files name nothing but packages, versions and hashes.
LOCK := $(BIN)/uv pip compile --quiet --no-config --no-emit-index-url --generate-hashes --universal \
	--python-version 3.11 --custom-compile-command "make lock"

.PHONY: lock
lock: $(DEV_STAMP) ## Pin the dependencies anew, newest versions that fit, with hashes
	@$(LOCK) --upgrade pyproject.toml --output-file requirements/run.txt
	@$(LOCK) --upgrade --constraint requirements/run.txt pyproject.toml --group dev --output-file requirements/dev.txt
	@$(LOCK) --upgrade --no-deps requirements/parts.in --output-file requirements/parts.txt
