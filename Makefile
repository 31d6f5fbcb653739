PYTHON ?= python3
BOOTSTRAP := $(PYTHON) installer/bootstrap.py
COMPILE := .venv/bin/uv pip compile --quiet --universal -p 3.11 pyproject.toml --generate-hashes --no-header --no-annotate

.PHONY: help run test check bench soak sync lock

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## start the terminal; make run ARGS="headless --for 60"
	@$(BOOTSTRAP) run $(ARGS)

test: ## check, then every test; make test ARGS="-k ledger"
	@$(BOOTSTRAP) test $(ARGS)

check: ## ruff, mypy, the floors, the house tests
	@$(BOOTSTRAP) check

bench: ## the benchmarks; make bench ARGS="bench_book"
	@$(BOOTSTRAP) bench $(ARGS)

soak: ## 10,000 hostile schedules, 1,000 kills; make soak ARGS="--minutes 30"
	@$(BOOTSTRAP) soak $(ARGS)

sync: ## make or renew .venv with the development tools
	@$(BOOTSTRAP) sync --dev

lock: sync ## renew the three lock files within the ranges of pyproject.toml
	$(COMPILE) --upgrade --extra history -o installer/requirements.lock
	$(COMPILE) --upgrade --extra history --extra quant --extra postgresql --group dev -c installer/requirements.lock -o installer/requirements-dev.lock
	.venv/bin/uv pip compile --quiet --universal -p 3.11 --group installer --generate-hashes --no-header --no-annotate -o installer/requirements-installer.lock
