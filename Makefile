# bukong: `make demo` shows it, `make test` checks it, `make help` lists the rest.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP_DEMO := $(VENV)/.demo
STAMP_DEV  := $(VENV)/.dev
# Large environments of the edge's other engines: outside the tree, one for each state of its requirements.
ENGINES    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bukong/engines
engine_dir  = $(ENGINES)/$(1)-$(shell sha256sum requirements/$(1).txt | cut -c1-12)

.DEFAULT_GOAL := help
.PHONY: bench-central bench-console bench-edge pictures help setup demo test lint types unit models proto requirements engines ultralytics paddleocr train environment-ultralytics environment-paddleocr environment-train environment-peers accuracy faults fuzz realtime clean
WEB    := central/console/web
# Node.js for the console: the machine's where it is young enough, else one from PyPI in the virtual environment.
NODE   := VENV=$(abspath $(VENV)) $(WEB)/with-node
WEB_IN := $(shell find $(WEB) -name node_modules -prune -o -type f ! -name schema.d.ts -print)
API_IN := $(shell find central/api central/*.py proto/*.py -maxdepth 1 -name '*.py')

# What two processes may run side by side; browsers and faults have the machine to themselves.
SIDE_BY_SIDE := tests/unit tests/property tests/contract tests/integration

.PHONY: console

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# Half a virtual environment (no ensurepip, Ctrl-C) goes again, so that the next make starts afresh.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "on Debian: apt install python3.11-venv" >&2; exit 1; }

$(STAMP_DEMO): requirements/demo.txt pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --require-hashes -r requirements/demo.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP_DEV): requirements/dev.txt $(STAMP_DEMO)
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(STAMP_DEMO) ## make .venv with the bukong command

models: setup ## fetch and verify the models' weights
	$(BIN)/bukong models get

$(WEB)/node_modules/.ready: $(WEB)/package-lock.json $(WEB)/package.json | $(STAMP_DEMO)
	@$(NODE) true 2>/dev/null || $(BIN)/pip install --quiet --require-hashes -r requirements/node.txt
	$(NODE) npm ci --loglevel=error
	@touch $@

central/console/built/index.html: $(WEB)/node_modules/.ready $(WEB_IN)
	$(NODE) node node_modules/vite/bin/vite.js build --logLevel warn
	@touch $@

console: central/console/built/index.html ## build the console that the centre serves

$(WEB)/src/api/schema.d.ts: $(STAMP_DEMO) $(WEB)/node_modules/.ready $(API_IN)
	@mkdir -p build
	$(BIN)/bukong central openapi > build/openapi.json
	$(NODE) node node_modules/openapi-typescript/bin/cli.js $(abspath build/openapi.json) -o src/api/schema.d.ts

demo: models ## all of it in one process: make demo [SOURCE="photos/ video.mp4 rtsp://…"] [ARGS="--for 30s"]
	@$(MAKE) --no-print-directory console || echo "the console could not be built, see above: the demo goes on without it" >&2
	$(BIN)/bukong --log-format text --log-level warning demo $(foreach s,$(SOURCE),--source "$(s)") $(ARGS)

# The other engines' environments take some 7 GB: only where everything must be tested, and fetched meanwhile.
test: ## lint, types and all tests
	$(MAKE) --no-print-directory -j 3 --output-sync=target lint types models console \
	  $(if $(CI),environment-ultralytics environment-paddleocr)
	$(MAKE) --no-print-directory unit
	$(if $(CI),$(MAKE) --no-print-directory engines)

lint: $(STAMP_DEV) $(WEB)/src/api/schema.d.ts ## ruff, import-linter, eslint, prettier
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(NODE) npm run --silent lint

types: $(STAMP_DEV) $(WEB)/src/api/schema.d.ts ## mypy --strict, tsc
	$(BIN)/mypy
	$(NODE) npm run --silent types

unit: $(STAMP_DEV) models console ## the test suites: make unit [ARGS="-k plate"]
ifneq ($(ARGS),)
	$(BIN)/pytest $(ARGS)
else
	$(BIN)/pytest -n 2 --dist loadfile --durations 25 $(SIDE_BY_SIDE)
	$(BIN)/pytest --durations 15 $(SIDE_BY_SIDE:%=--ignore=%)
	$(NODE) npm run --silent test
endif

engines: ultralytics paddleocr ## test the edge's other engines and training, in environments of their own (7 GB)

# ultralytics' environment has all that training needs: `make train` is for whoever wants only that.
ultralytics: TRAINS = tests/engines/test_train.py tests/engines/test_train_detector.py
train: TRAINS = tests/engines/test_train_detector.py
ultralytics paddleocr train: %: environment-% models
	$(call engine_dir,$@)/bin/pip install --quiet --no-deps --no-build-isolation -e .
	$(call engine_dir,$@)/bin/bukong models get $(if $(filter ultralytics,$@),yolov8n_plates)
	$(call engine_dir,$@)/bin/python -m pytest tests/engines/test_$@.py $(TRAINS) $(ARGS)

proto: $(STAMP_DEV) ## generate the wire contract's Python module and stubs
	$(BIN)/python -m grpc_tools.protoc -I . --python_out=. --mypy_out=. \
	  --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy proto/bukong.proto

accuracy: $(STAMP_DEV) models ## read the labelled photos (BUKONG_PLATES=folder): table, contact sheets of misreads
	$(BIN)/python -m tests.accuracy $(ARGS)

faults: $(STAMP_DEV) models ## break everything at random, then account for all: make faults [ARGS="--seed 2"] [TOWN="--seconds 60"]
	$(BIN)/python -m tests.faults $(ARGS)
	$(BIN)/python -m tests.faults.distributed $(TOWN) --report docs/faults.md

fuzz: $(STAMP_DEV) ## every route of the OpenAPI document as every caller, 40 requests each: make fuzz [EXAMPLES=200 SEED=2]
	BUKONG_FUZZ_EXAMPLES=$(or $(EXAMPLES),40) BUKONG_FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest -q tests/integration/test_api_fuzz.py

realtime: $(STAMP_DEV) models ## follow a 1080p video at 25 frames/s on one core: CPU share, dropped frames, reads
	$(BIN)/python -m tests.bench.realtime $(ARGS)

environment-ultralytics environment-paddleocr environment-train environment-peers: environment-%: requirements/%.txt
	@test -e $(call engine_dir,$*)/.ready || { rm -rf $(ENGINES)/$*-* && \
	  $(PYTHON) -m venv $(call engine_dir,$*) && \
	  $(call engine_dir,$*)/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes -r requirements/$*.txt && \
	  touch $(call engine_dir,$*)/.ready; }

bench-edge: $(STAMP_DEV) models environment-peers ## real photos by our pipeline and by others' (BUKONG_PLATES=folder), each on 1 and 2 cores
	$(BIN)/bukong --log-level error bench edge --peers $(call engine_dir,peers)/bin/python $(ARGS)

bench-central: $(STAMP_DEV) ## load on a whole centre, both engines, beside plain consumers (4 to 10 minutes)
	$(BIN)/bukong --log-level error bench central --engine embedded $(ARGS)
	$(BIN)/bukong --log-level error bench central --engine kafka --peers $(ARGS)
	$(BIN)/bukong --log-level error bench central --engine kafka --partitions 1,2,4 --passages 400000

bench-console: $(STAMP_DEV) console ## the console in a browser: first view, alert to paint, a thousand alerts a minute
	$(BIN)/python -m tests.e2e.measure $(ARGS)

pictures: $(STAMP_DEV) console ## every page of the console by day and night, into docs/pictures
	$(BIN)/python -m tests.e2e.gallery

requirements: ## pin every dependency again, with hashes
	$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv
	for name in demo dev central edge node; do build/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done
	for name in ultralytics paddleocr train; do build/uv/bin/uv pip compile --quiet --upgrade --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-package opencv-python \
	  requirements/$$name.in -o requirements/$$name.txt; done
	build/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-package opencv-python requirements/peers.in -o requirements/peers.txt

clean: ## remove what was built; data under var/ stays
	rm -rf $(VENV) build central/console/built $(WEB)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
