# Leadstream. `make up` shows it, `make test` is exactly what CI runs, `make check` is the minute before a commit.
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
UV     := uv==0.13.9
MUTMUT := mutmut==3.8.1
QUIX   := quixstreams==3.28.1
SDKS   := tests/contract/sdks
PAGES  := tests/browser
LOCKED := --require-hashes --no-deps
# The first Python that is new enough; PYTHON=... names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
LOCK_OPTIONS := --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

# Compiled modules are kept, whatever the machine says: a run starts hundreds of processes, and each would compile all
# that it imports, and each of those that share the tests all tests.
export PYTHONDONTWRITEBYTECODE :=

.NOTPARALLEL:
.PHONY: up test check bench faults mutate lock tracker screenshots words reference dev clean

# STORY=off waits for real visitors; UP="--broker apache --workers 2" passes options on (leadstream up --help).
up: $(VENV)/.locked $(VENV)/.editable
	@exec $(BIN)/leadstream up --with-parent $(if $(filter off no false 0,$(STORY)),--no-story) $(UP)

# Of the fault lab only what is marked short: the whole has a command of its own (make faults) and takes an hour.
# Three processes share the tests (tests/spread.py says how): most wait for brokers, browsers and timers most of the time.
test: dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder -m "not faults or short" --durations 10 $(PYTEST)

# Two halves of the quick tests, which take as long, beside each other, and style, types and layers beside them; these and
# the other half are said in the end. Two processes that pytest-xdist shares the tests among take 35 s of CPU more: each
# collects all, and each test is told of. Properties (Hypothesis) and what is marked slow are make test's. Pytest says 5 where
# PYTEST="-k ..." leaves none of a half.
QUICK = $(BIN)/python -m pytest -q -m "not slow and not hypothesis"
HALF  = tests/unit/console tests/architecture
check: dev
	@said=$$(mktemp -d); trap 'kill $$style $$half 2>/dev/null; rm -rf $$said' EXIT; trap 'exit 130' INT TERM; \
	{ $(BIN)/ruff check --quiet .; found=$$?; $(BIN)/mypy || found=1; $(BIN)/lint-imports || found=1; exit $$found; } \
		>$$said/style 2>&1 & style=$$!; \
	$(QUICK) $(HALF) $(PYTEST) >$$said/half 2>&1 & half=$$!; \
	failed=0; $(QUICK) tests/unit $(HALF:%=--ignore %) $(PYTEST) || [ $$? -eq 5 ] || failed=1; \
	wait $$half || [ $$? -eq 5 ] || failed=1; cat $$said/half; wait $$style || failed=1; cat $$said/style; exit $$failed

bench: dev $(VENV)/quix/.made
	$(BIN)/python -m tests.bench $(BENCH)

# Prints one LEDGER line for each fault, and writes the table of docs/explanation/reliability.md from what was found.
# NODES=1 or NODES=3: on that many nodes of Apache Kafka, also what usually runs on the broker of `make up`.
faults: dev
	@LEADSTREAM_FAULTS_RECORD=1 LEADSTREAM_FAULTS_NODES=$(NODES) $(BIN)/python -m pytest -q -s --show-capture=no -m "faults or slow" tests/faults \
		tests/integration/test_kills.py tests/upgrades/test_rolling.py $(PYTEST); found=$$?; $(BIN)/python -m tests.faults.table; exit $$found

# Which small faults of the core no test feels. ONLY="streams.core.activity.hits.*" narrows it, MUTATE="--sample 600 --seed 1" picks.
mutate: dev $(VENV)/mutmut/.made
	$(VENV)/mutmut/bin/python -m tests.mutation $(MUTATE) $(if $(ONLY),"$(ONLY)")

# New hashes after a change of pyproject.toml. The files name no index: each machine uses its own.
lock: $(VENV)/.made
	$(PIP) $(UV)
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) $(SDKS)/requirements.txt -o $(SDKS)/requirements.lock

# The browser's file, built and written to where the collector serves it from. Needs Node.js.
tracker: tracker_js/node_modules/.installed
	cd tracker_js && npm run --silent build

# Every page of the console in every state, English and Korean, light and dark, desktop and phone: .leadstream/screenshots/index.html.
# ONLY="ko inbox flow" narrows it to a language, to views, to both.
screenshots: dev
	@$(BIN)/python -m tests.browser.screenshots $(ONLY)

# Brings the catalogues of the console up to date with its texts, compiles them, and says what lacks a translation.
words: dev
	@$(BIN)/python -m tests.words

# Writes docs/reference/settings.md and metrics.md from the code that they describe.
reference: dev
	@$(BIN)/python -m tests.reference

dev: $(VENV)/.locked-dev $(VENV)/.editable $(SDKS)/.venv/.made \
	$(if $(shell command -v npm),tracker_js/node_modules/.installed $(SDKS)/node_modules/.installed \
	$(PAGES)/node_modules/.installed)

clean:
	rm -rf $(VENV) .leadstream .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf tracker_js/node_modules $(SDKS)/node_modules $(PAGES)/node_modules $(SDKS)/.venv tests/artifacts mutants build dist

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Leadstream needs Python 3.11 or newer; none was found. PYTHON=/path/to/python make up"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module: install python3-venv (Debian, Ubuntu) or your system's name for it."; exit 1; }
	@touch $@

$(VENV)/.locked: requirements.lock | $(VENV)/.made
	@echo "Installing what requirements.lock names (once; again only when it changes) ..."
	@$(PIP) $(LOCKED) -r requirements.lock
	@touch $@

$(VENV)/.locked-dev: requirements-dev.lock | $(VENV)/.made
	@echo "Installing what requirements-dev.lock names ..."
	@$(PIP) $(LOCKED) -r requirements-dev.lock
	@touch $@ $(VENV)/.locked

$(VENV)/.editable: pyproject.toml | $(VENV)/.made
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Beside the locks: mutmut needs click 8.4, Faust one before it. So it sits in a venv of its own that sees ours behind it.
$(VENV)/mutmut/.made:
	@$(BIN)/python -m venv $(VENV)/mutmut
	@$(VENV)/mutmut/bin/python -m pip --disable-pip-version-check --no-input install --quiet $(MUTMUT)
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> `$(VENV)/mutmut/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'`/leadstream.pth
	@touch $@

# A baseline of the worker's benchmark, with pins that are not ours.
$(VENV)/quix/.made:
	@$(BIN)/python -m venv $(VENV)/quix
	@$(VENV)/quix/bin/python -m pip --disable-pip-version-check --no-input install --quiet $(QUIX)
	@touch $@

tracker_js/node_modules/.installed: tracker_js/package-lock.json
	cd tracker_js && npm ci --silent --no-audit --no-fund
	@touch $@

# SDKs of others, as their users install them: the contract tests point them at our collector. Their pins are not ours.
$(SDKS)/.venv/.made: $(SDKS)/requirements.lock | $(VENV)/.made
	@echo "Installing the SDKs that the contract tests use ..."
	@$(BIN)/python -m venv --clear $(SDKS)/.venv
	@$(SDKS)/.venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet $(LOCKED) -r $(SDKS)/requirements.lock
	@touch $@

$(SDKS)/node_modules/.installed: $(SDKS)/package-lock.json
	cd $(SDKS) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# axe-core, which looks through every page of the console.
$(PAGES)/node_modules/.installed: $(PAGES)/package-lock.json
	cd $(PAGES) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
