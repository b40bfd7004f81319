# Dabiao's commands. `make` alone, or `make help`, lists them.
#
# Everything runs from .venv. Stamps in it say what it holds: the packages that the service needs,
# the service itself, and what the tests and checks need on top. A new lock file has it made again,
# and so has another directory, since a virtual environment cannot be moved.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.installed-packages
SERVICE := $(VENV)/.installed-service
TOOLS := $(VENV)/.installed-tools
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Tried in this order; `make PYTHON=/path/to/python …` overrides it.
PYTHON ?= python3.13 python3.12 python3.11 python3

# Stamps from another place, or of an interpreter that has gone, are as good as none.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat $(PACKAGES) 2>/dev/null),$(CURDIR))
$(shell rm -f $(PACKAGES) $(SERVICE) $(TOOLS))
endif

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(SERVICE) ## Make .venv with what the service needs, exactly as locked

.PHONY: install-dev
install-dev: $(SERVICE) $(TOOLS) ## Add what the tests and the checks need

$(PACKAGES): requirements/run.txt
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
	@echo "$(CURDIR)" > $@

# Also for a package that is new: what is editable is found by the names known at its installation.
$(SERVICE): $(PACKAGES) pyproject.toml $(wildcard app/__init__.py metrics/__init__.py)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): $(PACKAGES) requirements/dev.txt
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: run
run: $(SERVICE) ## Serve on http://127.0.0.1:8000 from var/dabiao.db, with the seeds the first time
	@$(BIN)/dabiao migrate
	@$(BIN)/dabiao bootstrap seeds
	@exec $(BIN)/dabiao serve

.PHONY: demo
demo: export DABIAO_DATABASE_URL := sqlite:///var/demo.db
demo: $(SERVICE) ## The same from var/demo.db, with an illustrative year on top
	@$(BIN)/dabiao migrate
	@$(BIN)/dabiao bootstrap seeds --illustrative
	@exec $(BIN)/dabiao serve

# One worker more than the smallest machine has cores: some tests wait for a browser, a Prometheus or
# a server that fails.
.PHONY: test
test: $(SERVICE) $(TOOLS) ## Run every test, against real parts; make test ARGS="-k metrics" for some
	@$(BIN)/python -m tests.install_parts
	@status=0; $(BIN)/python -m pytest --numprocesses=3 --dist=loadgroup $(ARGS) || status=$$?; \
	if [ -n "$${DABIAO_TEST_WITHOUT:-}" ]; then \
		echo "Not tested, on request (DABIAO_TEST_WITHOUT): $$DABIAO_TEST_WITHOUT"; \
	fi; \
	exit $$status

# One after the other: each has several database servers, and some lose their network.
.PHONY: faults
faults: $(SERVICE) $(TOOLS) ## Try every fault of a PostgreSQL of three servers under load; some minutes
	@$(BIN)/python -m tests.install_parts postgresql patroni etcd
	@$(BIN)/python -m pytest tests/faults -m "" -rP $(ARGS)

# The monitoring files are checked by the programs that will read them.
.PHONY: check
check: $(SERVICE) $(TOOLS) ## Check format, style, types, monitoring rules, compose file and Dockerfile
	@$(BIN)/python -m tests.install_parts prometheus alertmanager
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/python -m tests.check_monitoring
	$(BIN)/python -m metrics.grafana.build --check
	$(BIN)/docker-compose config --quiet
	@for profile in $$($(BIN)/docker-compose config --profiles); do \
		echo "$(BIN)/docker-compose --profile $$profile config --quiet"; \
		$(BIN)/docker-compose --profile "$$profile" config --quiet; \
	done
	$(BIN)/docker-compose --file metrics/failover/docker-compose.yml config --quiet
	$(BIN)/hadolint Dockerfile metrics/failover/Dockerfile

# Alertmanager includes no files, so who hears what is put into its configuration here.
.PHONY: alertmanager
alertmanager: $(SERVICE) ## Make Alertmanager's configuration from metrics/alertmanager/receivers.yml
	@cd metrics/alertmanager; \
	PYTHONPATH=../.. ../../$(BIN)/python -m metrics.routing receivers.yml > alertmanager.yml.new && \
	mv alertmanager.yml.new alertmanager.yml || { rm -f alertmanager.yml.new; exit 1; }

.PHONY: format
format: $(SERVICE) $(TOOLS) ## Bring the code into its format and mend what the linter can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(SERVICE) $(TOOLS) ## Measure, each figure beside its peer and its limit
	@$(BIN)/python -m tests.install_parts
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: pictures
pictures: $(SERVICE) $(TOOLS) ## Take the READMEs' pictures again, from the demo's pages
	@$(BIN)/python -m tests.install_parts chromium
	@KEEP_PICTURES=1 $(BIN)/python -m pytest --numprocesses=0 --quiet tests/browser/test_pictures.py

# Taken from the public index alone and read from no configuration of the machine that runs it, so
# that the lock files name nothing but packages, versions and hashes.
LOCK := $(BIN)/uv pip compile --quiet --no-config --no-emit-index-url --generate-hashes --universal \
	--python-version 3.11 --custom-compile-command "make lock"

.PHONY: lock
lock: $(SERVICE) $(TOOLS) ## Pin the dependencies anew, newest versions that fit, with hashes
	@$(LOCK) --upgrade pyproject.toml --output-file requirements/run.txt
	@$(LOCK) --upgrade --constraint requirements/run.txt pyproject.toml --group dev --output-file requirements/dev.txt
	@$(LOCK) --upgrade --no-deps requirements/parts.in --output-file requirements/parts.txt
	@$(LOCK) --upgrade requirements/patroni.in --output-file requirements/patroni.txt

# Compose hands a secret's file to the container with the owner and mode that it has here, and the
# containers' users are unknown here. So the directory is what keeps others out, and the files in it
# can be read by whoever they are handed to. What exists stays: the database keeps its password.
.PHONY: secrets
secrets: ## Make the passwords that docker-compose.yml takes from secrets/
	@umask 077; mkdir -p secrets; cd secrets; made=; \
	random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }; \
	for name in db_password grafana_admin_password grafana_db_password; do \
		if [ ! -e $$name ]; then random > $$name; made="$$made secrets/$$name"; fi; \
	done; \
	if [ ! -e database_url ]; then \
		printf 'postgresql+psycopg://dabiao:%s@db:5432/dabiao' "$$(cat db_password)" > database_url; \
		made="$$made secrets/database_url"; \
	fi; \
	chmod 444 db_password database_url grafana_admin_password grafana_db_password; \
	if [ -z "$$made" ]; then echo "secrets/ holds its passwords already"; else echo "Made$$made"; fi

.PHONY: clean
clean: ## Remove what can be made again; var/ and secrets/ stay
	@rm -rf $(VENV) .parts .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
