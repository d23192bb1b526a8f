# Everything stands on .venv, which is made from the pinned requirements and remade when they change.
export PYTHONPATH := .:platform
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help environment run test lint fix bench chaos interop clean lock screenshots

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { sub(/%/, "<name>", $$1); printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment:
	@sh scripts/environment.sh

run: environment ## Run everything on this machine until Ctrl-C: servers, demo data, every process
	@$(BIN)/python -m config.run

test: lint ## Every check and every test
	-@$(BIN)/python scripts/browser.py
	$(BIN)/pytest -n 2 --dist loadgroup -q

lint: environment ## Style, types, layers, templates, migrations, configuration
	@$(BIN)/python scripts/lint.py

fix: environment ## Mend what can be mended without thinking
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} +

bench: environment ## Every benchmark, one after the other
	@for name in api_batch api_single campaign otp_latency template_match memory growth capacity; do $(BIN)/python bench/$$name.py || exit 1; done

bench-%: environment ## One benchmark: bench-api-batch runs bench/api_batch.py
	@$(BIN)/python bench/$(subst -,_,$*).py

chaos: environment ## Kill processes and upset operators while messages travel: SEEDS=1-50 MESSAGES=20000
	@SEEDS=$(SEEDS) MESSAGES=$(MESSAGES) $(BIN)/python scripts/chaos.py

interop: environment ## Send through SMSCs that others wrote, from npm and PyPI (docs/interop.md)
	@$(BIN)/python -m tests.interop.run

clean: ## Remove what was made: environment, databases, caches (the demo's data too)
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

PIP_COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: environment ## Write the complete pins of requirements*.in to requirements*.txt
	$(PIP_COMPILE) -o requirements.txt requirements.in
	$(PIP_COMPILE) -o requirements-dev.txt requirements-dev.in

screenshots: environment ## Take the pictures of the documentation from a demo of its own
	@$(BIN)/python scripts/screenshots.py
