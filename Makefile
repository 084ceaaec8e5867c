# `make run` tries it on this machine, `make test` proves it. Both set up what they need in .venv;
# git, make and python3 (3.10 or newer, with venv) are all that must be there.

PYTHON ?= python3
PORT ?= 8443
GIT_URL ?=
GIT_REF ?=
SYSTEM ?= yes

venv := .venv
python := $(venv)/bin/python

# As pip and git do: the network's own certificate authority is in the system's store, if anywhere.
export UV_SYSTEM_CERTS ?= true

.DEFAULT_GOAL := help
.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

.PHONY: run
run: $(venv)/.sandbox ## JupyterHub on a small OpenShift project on this machine; Ctrl-C ends it
	@$(python) -m sandbox run --port $(PORT)

.PHONY: check
check: $(venv)/.tests ## the quick loop: lint, types, and the tests without images, containers, browser, hub processes, corpora and network
	@$(MAKE) --no-print-directory --jobs 2 lint
	$(venv)/bin/pytest -n 3 -m quick

.PHONY: test
test: ## everything that CI runs
	@$(MAKE) --no-print-directory --jobs 2 system lint
	$(venv)/bin/pytest -n 3 --cov --cov-report=term:skip-covered

.PHONY: bench
bench: $(venv)/.tests ## the hub beside Zero to JupyterHub's defaults, into bench/results; an hour
	$(venv)/bin/python -m bench.hub --scenario start --scenario alone --n 20 --pairs 5
	$(venv)/bin/python -m bench.hub --scenario idle --n 1 --pairs 5
	$(venv)/bin/python -m bench.hub --scenario class --n 100 --n 500 --pairs 5
	$(venv)/bin/python -m bench.hub --scenario restart --scenario steady --scenario page --scenario churn --n 200 --n 1000 --pairs 5

.PHONY: test-cluster
test-cluster: $(venv)/.tests system ## the cluster tests, in the project that `oc` is logged in to
	$(venv)/bin/pytest -m cluster --cluster

.PHONY: lint lint-python lint-types lint-shell lint-web
lint: lint-types lint-python lint-shell lint-web ## ruff, mypy, import-linter, shellcheck, biome, djlint
lint-python: $(venv)/.tests
	$(venv)/bin/ruff check
	$(venv)/bin/ruff format --check
	$(venv)/bin/lint-imports
lint-types: $(venv)/.tests
	$(venv)/bin/mypy
lint-shell: $(venv)/.tests
	{ git ls-files '*.sh'; git ls-files -z | xargs -0 grep -lIE '^#!.*\b(bash|sh)\b'; } | sort -u | xargs $(venv)/bin/shellcheck -x
lint-web: $(venv)/.tests
	$(venv)/bin/biome check
	$(venv)/bin/djlint --quiet --lint jupyterhub_openshift/templates
	$(venv)/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml

.PHONY: resources
resources: $(venv)/.sandbox ## resources.json anew; GIT_URL=... GIT_REF=... for a fork
	$(python) -m openshift $(if $(GIT_URL),--git-url $(GIT_URL)) $(if $(GIT_REF),--git-ref $(GIT_REF))

.PHONY: release
release: $(venv)/.sandbox ## what is missing for a release, or the commands that make it; changes nothing
	@$(python) -m openshift.release

.PHONY: docs
docs: $(venv)/.tests ## the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(python) -m mkdocs build --strict --quiet
	@echo "The site is in site/. To read it while you write: $(python) -m mkdocs serve"

.PHONY: audit
audit: $(venv)/.tests ## known vulnerabilities in what is locked
	tests/images/audit.sh

.PHONY: picture
picture: $(venv)/.tests system ## the pictures of the docs, taken of what `make run` serves
	$(python) -m docs.picture

.PHONY: lock
lock: $(venv)/.sandbox ## the newest versions of everything, locked with hashes
	$(call uv_lock,requirements)
	$(call uv_lock,sandbox/requirements)
	$(call uv_lock,tests/requirements)
	$(call uv_lock,notebook/common/uv)
	$(call uv_lock,builder/nodejs)
	$(call uv_lock,notebook/requirements)
	$(call uv_lock,notebook/scipy-notebook/requirements)
	$(call uv_lock,notebook/pytorch-notebook/requirements)
	$(call uv_lock,notebook/collaboration-notebook/requirements)
	$(python) -m tests.images.popular_packages
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

uv_lock = $(venv)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
	--no-emit-index-url --override notebook/common/overrides.txt --constraint constraints.txt \
	--custom-compile-command 'make lock' $(1).in -o $(1).txt

.PHONY: clean
clean: ## stops the sandbox and deletes its state and the venv
	if [ -x $(python) ]; then $(python) -m sandbox down; fi
	rm -rf .sandbox $(venv)

$(python):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): 3.10 or newer is needed; name another, for example: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -m venv $(venv) || { rm -rf $(venv); \
	  echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(venv)/.sandbox: sandbox/requirements.txt | $(python)
	@echo "Installing the sandbox's packages in $(venv) ..."
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(venv)/.tests: tests/requirements.txt $(venv)/.sandbox
	@echo "Installing the tests' packages in $(venv) ..."
	@$(venv)/bin/uv pip install --quiet --compile-bytecode --python $(python) --require-hashes --no-deps -r $<
	@touch $@

# What only the system brings: a browser, and the builder of containers. As root on Debian or Ubuntu they are
# installed; SYSTEM=no leaves the system as it is. The tests whose tool is missing say so and are skipped.
.PHONY: system
system:
	@missing=$$(for tool in chromium-headless-shell buildah debootstrap; do \
	  command -v $$tool >/dev/null || echo $$tool; done); \
	if [ -n "$$missing" ] && [ "$(SYSTEM)" != no ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing for the tests, with apt-get (SYSTEM=no: not):" $$missing; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -yqq --no-install-recommends $$missing; } >/dev/null || \
	  echo "They could not be installed. The tests that need them say so."; fi
