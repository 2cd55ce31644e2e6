# What a developer needs; `make help` lists it. Works with GNU make 3.81 and newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := requirements.lock
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.PHONY: help setup install sandbox test torture check format bench soak lock clean
.DEFAULT_GOAL := help

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

# They start many processes: what one has compiled, the others need not compile again.
test torture bench soak: export PYTHONDONTWRITEBYTECODE =

setup: $(READY) ## Set up .venv with everything in it

install: ## Set up .venv with only what running the bot takes, as for systemd; LOCK=requirements-otel.lock for traces
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --only-binary :all: --requirement $(LOCK)
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/backup-bot.pth"
	@printf '#!%s\nimport sys\nfrom bot.__main__ import main\nsys.exit(main())\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/backup-bot
	@chmod 755 $(BIN)/backup-bot

sandbox: $(READY) ## Run the bot in its sandbox and print the page's address
	@exec $(BIN)/python -m bot sandbox $(ARGS)

test: $(READY) ## Run the tests
	@$(BIN)/python -m pytest --numprocesses 6 $(ARGS)

torture: $(READY) ## Kill the bot 1,000 times and count what is lost; ARGS=--help tells more
	@$(BIN)/python -m tests.torture $(ARGS)

check: $(READY) ## Format, lint, types, imports, Dockerfile: report, change nothing
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/hadolint Dockerfile
	@echo "All checks passed."

format: $(READY) ## Format the code and mend what ruff can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(READY) ## Measure the bot as a process, beside a bare Bolt app; ARGS=--help tells more
	@$(BIN)/python -m tests.bench $(ARGS)

soak: $(READY) ## Load, faults and kills for 20 minutes on each database: what grows? ARGS=--help tells more
	@$(BIN)/python -m tests.soak $(ARGS)

# uv lives in a venv of its own, as only this needs it.
COMPILE := .venv-lock/bin/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE)

lock: .venv-lock/bin/uv ## Refresh the locks from pyproject.toml; newest versions with UPGRADE=--upgrade
	@$(COMPILE) pyproject.toml --output-file requirements.lock
	@$(COMPILE) pyproject.toml --extra otel --output-file requirements-otel.lock
	@$(COMPILE) pyproject.toml --extra dev --output-file requirements-dev.lock

.venv-lock/bin/uv:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check --quiet --quiet install uv

clean: ## Remove everything that can be made again
	@rm -rf $(VENV) .venv-lock dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find bot tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=…")'
	@$(PYTHON) -c 'import sqlite3 as s, sys; sys.exit(sys.version_info >= (3, 12) and s.sqlite_version_info < (3, 42) \
		and "From Python 3.12 on, SQLite 3.42 or newer is needed; name a Python 3.11: make PYTHON=…")'
	@echo "Setting up $(VENV) (once; a minute or so) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
