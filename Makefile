# make run    set up .venv and build the demo corpus below demo/, or what CONFIG describes
# make plan   what make run would do, why, how long, and what it takes; nothing is made
# make test   set up .venv, check the style and run the tests
# make test-long   the tests that take longest, such as those of the whole demo
# make test-loading   the tests that open the exports of the demo with the readers of others:
#             webdataset, datasets, torch, pretty_midi, mir_eval, mlcroissant, rocrate
# make test-cluster   runs of a SLURM cluster of two nodes, started on this machine for the tests
# make docs   build the documentation as a site of static pages below site/
# make notebook   execute docs/manifest_to_batch.ipynb on the demo and store what comes out
# make lock   resolve the dependencies of pyproject.toml anew (needs uv, told where the CPU wheels of
#             torch are)

PYTHON ?= python3
BIN := .venv/bin
TARGET ?= all
CORES ?= all
# An overlay of the config, and where products go: make run CONFIG=mine.yaml DIR=/scratch/corpus.
# Without an overlay it is the demo, in a folder of its own, apart from what is made of your data.
CONFIG ?=
DIR ?= $(if $(value CONFIG),.,demo)

# As one word of the shell, whatever characters it has: `value` keeps make from reading a `$`.
quoted = '$(subst ','\'',$(value $(1)))'
FOLDER = $(if $(filter file,$(origin DIR)),$(DIR),$(call quoted,DIR))
unexport CONFIG DIR
define LINE_BREAK


endef
ifneq (,$(findstring $(LINE_BREAK),$(value CONFIG)$(value DIR)))
$(error CONFIG and DIR: a path with a line break cannot be given here; rename the file or folder)
endif

.PHONY: run plan test test-long test-loading readers test-cluster cluster docs site-generator \
  notebook lint lock clean

run: .venv/.installed
	$(BIN)/python -m drumcorpus.ground.run.launch \
	  $(if $(value CONFIG),--configfile=$(call quoted,CONFIG)) --directory=$(FOLDER) \
	  --cores $(CORES) --quiet rules -- $(TARGET)

plan: .venv/.installed
	$(BIN)/python -m drumcorpus plan \
	  $(if $(value CONFIG),--configfile=$(call quoted,CONFIG)) --directory=$(FOLDER) \
	  $(if $(filter all,$(CORES)),,--cores=$(CORES)) -- $(TARGET)

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  -m "not long and not loading and not cluster"

test-long: .venv/.installed site-generator
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  -m "long and not loading and not cluster"

# Files with a test that asks for one of these readers, and skips without it.
READ_BY_OTHERS = tests/demo_exports tests/unit/load tests/unit/ground/files/test_tar_shards.py \
  tests/unit/stages/export/test_croissant.py tests/unit/stages/export/test_parquet_shards.py \
  tests/unit/stages/export/test_session_files.py tests/unit/stages/provenance/test_crate.py \
  tests/unit/stages/releases/test_release_metadata.py

test-loading: run readers
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(READ_BY_OTHERS)

# In the environment that is there already: its own packages stay as they are.
readers: .venv/.installed
	@for lock in requirements-loading.lock requirements-torch.lock; do \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	    -r $$lock || echo "$$lock: not installed, as pip says; tests that need it are skipped"; \
	done

# One after the other: a cluster has ports and a place for its settings of its own.
test-cluster: cluster
	$(BIN)/python -m pytest tests/unit/bench/test_cluster_run.py tests/cluster

# The executor of workflow/profiles/slurm; what is installed already stays as it is.
cluster: .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements-cluster.lock || \
	  echo "requirements-cluster.lock: not installed, as pip says; the tests that need it are skipped"

# The pages as a site below site/. What is installed already stays as it is.
docs: site-generator
	$(BIN)/python docs/site/build.py site

site-generator: .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements-docs.lock || \
	  echo "requirements-docs.lock: not installed, as pip says; tests that need it are skipped"

notebook: run readers
	$(BIN)/python docs/execute_notebook.py docs/manifest_to_batch.ipynb $(FOLDER)

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/python tests/lint_workflow.py

# The lock names every package by hash; the package itself is installed so that the Snakefile and
# the jobs see the checkout.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "drumcorpus needs Python 3.11 or newer; say which: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv || \
	  { echo "No venv here. On Debian: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
	  --extra dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --group loading-tests --constraints requirements.lock -o requirements-loading.lock
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --group torch-tests --constraints requirements.lock --constraints requirements-loading.lock \
	  -o requirements-torch.lock
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --extra cluster --constraints requirements.lock pyproject.toml -o requirements-cluster.lock
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --extra docs --constraints requirements.lock pyproject.toml -o requirements-docs.lock

# Takes away what can be made again, and nothing else: of the demo, or of the run with this CONFIG
# and DIR.
clean:
	$(if $(filter environment,$(origin DIR) $(if $(filter file,$(origin DIR)),$(origin CONFIG))),\
	  $(error clean: the environment sets DIR or CONFIG; say which folder is meant: make clean DIR=...))
	if [ -e $(FOLDER) ]; then CDPATH= cd -- $(FOLDER) && \
	  rm -rf .snakemake .drumcorpus results logs benchmarks data/demo && \
	  if [ -d reports ]; then find reports -mindepth 1 ! -path reports/README.md -delete; fi; fi

# The picture of the house, from its imports, and those of the README, from the demo corpus (needs
# graphviz' dot and tred, and chromium). The graph of rules has every rule by itself, also those whose
# jobs are done together; the target `all` is left out, and of both graphs what follows from other
# edges.
.PHONY: pictures
pictures: run
	$(BIN)/python docs/draw_house.py docs/house.svg
	DRUMCORPUS_ALONE=1 $(BIN)/snakemake --directory=$(FOLDER) --rulegraph dot -- all | sed '/-> 0$$/d; /\t0\[/d' | tred | \
	  dot -Tsvg -o docs/rulegraph.svg
	chromium --headless --no-sandbox --disable-gpu --disable-background-networking \
	  --user-data-dir=.drumcorpus/chromium --window-size=1200,1250 \
	  --screenshot=docs/health.png "file://$$(cd $(FOLDER) && pwd)/reports/health/prod_combined.html"
