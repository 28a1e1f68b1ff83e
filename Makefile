# make run                      set up what Studio needs, open it in the browser
# make run SOURCE=photo.jpg     set up what prediction needs, name the expressions in SOURCE
# make test                     set up everything; lint, types, contracts, all tests
# make quick                    the same checks and the fast tests, in under a minute
# make study                    run the worked study of docs/worked-study.md; needs ../shared
# make fuzz                     damaged inputs of every format, for 3 minutes or FUZZ_MINUTES
# make soak                     50,000 requests of 16 clients, some of whom misbehave
# make crash                    1,000 kills, full and failing disks, a clock that jumps
# make docs                     serve the documentation site and open it
# make format                   let ruff rewrite what it can

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKED := --require-hashes --requirement
INSTALLED_BY := pyproject.toml constraints.txt $(wildcard locks/*.txt)
SOURCE ?=
FUZZ_MINUTES ?= 3

.PHONY: run test quick study fuzz soak crash docs check page web browser broker strace format clean
.DELETE_ON_ERROR:

ifdef SOURCE
run: $(VENV)/.base
	@$(BIN)/mien predict "$(SOURCE)"
else
run: $(VENV)/.serve
	@$(BIN)/mien serve --open
endif

# One thread a process: the tests already fill the cores, and torch would slow itself down.
test: export OMP_NUM_THREADS = 1
test: check web browser broker strace
	$(BIN)/pytest --numprocesses auto --dist worksteal

quick: export OMP_NUM_THREADS = 1
quick: check web
	$(BIN)/pytest --numprocesses auto --dist worksteal -m 'not slow'

study: $(VENV)/.dev
	@$(BIN)/python benchmarks/worked_study.py --out runs/study

fuzz: $(VENV)/.dev
	$(BIN)/python -m reliability.fuzz --minutes $(FUZZ_MINUTES)

soak: $(VENV)/.dev
	$(BIN)/python -m reliability.soak

crash: $(VENV)/.dev
	$(BIN)/python -m reliability.crash --out runs/crash

docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/.dev
	$(BIN)/mkdocs serve --open

check: $(VENV)/.dev page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Types, lint and accessibility checks of Studio's page use a node and npm that are there, or Debian's
# where this user may install them.
page:
	@command -v npm >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install nodejs npm >/dev/null; } \
		|| echo "no npm here, and none could be installed: the checks of Studio's page are skipped" >&2
	@if command -v npm >/dev/null; then \
		{ test node_modules/.package-lock.json -nt package-lock.json || npm ci --silent --no-audit --no-fund; } \
			&& npm run --silent check; \
	else test "$$CI" != true; fi

# The npm package's own tests; those in a browser are pytest's.
web: page $(VENV)/.dev
	@if command -v npm >/dev/null; then npm test --silent --workspace web; else test "$$CI" != true; fi

# Tests of pages use a Chromium and a Firefox that are there, or Debian's where this user may install them.
browser:
	@command -v chromium >/dev/null && command -v chromium-headless-shell >/dev/null && command -v firefox-esr >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install chromium chromium-headless-shell firefox-esr >/dev/null; } \
		|| echo "no Chromium or Firefox here, and none could be installed: their tests of pages are skipped" >&2

# A real MQTT broker for the tests of Home Assistant.
broker:
	@command -v mosquitto >/dev/null || test -x /usr/sbin/mosquitto \
		|| { test "$$(id -u)" = 0 && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install mosquitto >/dev/null; } \
		|| echo "no mosquitto here, and it could not be installed: the tests of MQTT are skipped" >&2

# Lists what reaches the network, and hosts of their own for a cluster: for tests of both.
strace:
	@command -v strace >/dev/null && command -v ip >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install strace iproute2 >/dev/null; } \
		|| echo "no strace or iproute2 here, and they could not be installed: their tests are skipped" >&2

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The stamps say which packages the environment holds: those of a file in locks/, each file of which
# has a known hash. Mien itself is built without an environment of its own, which no hash would check.
$(VENV)/.base: $(BIN)/python $(INSTALLED_BY)
	$(PIP) $(LOCKED) locks/base.txt
	$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.serve: $(BIN)/python $(INSTALLED_BY)
	$(PIP) $(LOCKED) locks/serve.txt
	$(PIP) --no-build-isolation --editable .
	@touch $@ $(VENV)/.base

$(VENV)/.dev: $(BIN)/python $(INSTALLED_BY)
	$(PIP) $(LOCKED) locks/dev.txt
	@# Its builds, for CPU or CUDA, are other files on other machines, so no list of hashes would fit.
	$(PIP) --constraint constraints.txt torch
	$(PIP) --no-build-isolation --editable .
	@touch $@ $(VENV)/.base $(VENV)/.serve

clean:
	rm -rf $(VENV) node_modules build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
