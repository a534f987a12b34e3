# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
#
# Sets mask_proximity up on a machine without ROS 2, root or anything but Python, make and g++:
# a Python environment below .env/, with ROS 2 from PyPI. Every target makes what it needs, once.
# A robot with its own ROS 2 builds with `colcon build` and needs none of this.

DISTRO ?= jazzy
PYTHON ?= python3
SOURCE ?= 0
OUTPUT ?= output
SCENE ?=
ARGS ?=

# Versions that the package runs on: runtime (today's) or apt (those of Ubuntu 24.04).
PACKAGES := runtime
ENV := .env/$(patsubst runtime,$(DISTRO),$(PACKAGES))
DISTROS := jazzy kilted

ifeq ($(filter $(DISTRO),$(DISTROS)),)
  $(error DISTRO=$(DISTRO) is not known: choose one of $(DISTROS))
endif

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# --- What every process started from here sees ----------------------------------------------------
# A ROS 2 that the shell has sourced, or another Python environment, must not be mixed with ours.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH \
  PYTHONHOME PYTHONPATH PIP_PREFIX PIP_TARGET PIP_USER RMW_IMPLEMENTATION ROS_DISTRO \
  ROS_PYTHON_VERSION ROS_VERSION VIRTUAL_ENV _ROS_WHEELS_BOOTSTRAP_COMPLETE
CALLERS_PATH := $(PATH)
export PATH := $(CURDIR)/$(ENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(ENV)
export AMENT_PREFIX_PATH := $(CURDIR)/$(ENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
bench demo test test-apt test-tools: export ROS_AUTOMATIC_DISCOVERY_RANGE := LOCALHOST

# Passed in the environment, so that neither make nor the shell changes a character of them.
override SOURCE := $(value SOURCE)
override OUTPUT := $(value OUTPUT)
override SCENE := $(value SCENE)
export SOURCE OUTPUT SCENE

.PHONY: help
help:  ## Show this.
	@echo 'Targets:'
	sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1  \2/p' $(firstword $(MAKEFILE_LIST))
	echo
	echo 'Variables:'
	echo '  SOURCE=0          camera for `make run`: number or path of a device, video file, folder'
	echo '                    of pictures, RTSP or HTTP URL, GStreamer pipeline, or `simulated`'
	echo '  SCENE=            scene of `make demo`: empty, corridor (a robot drives), or a YAML file'
	echo '  OUTPUT=output     folder that `make demo` writes to'
	echo '  DISTRO=jazzy      ROS 2 distribution: jazzy or kilted'
	echo '  PYTHON=python3    Python that the environment is made with, 3.10 to 3.14'
	echo '  ARGS=             more arguments for the command behind demo, run, test, bench, ...'

# --- The environment ------------------------------------------------------------------------------
# Stamps are written last and removed first: an interrupted set-up is never taken as complete.
READY := $(ENV)/.ready
TEST_READY := $(ENV)/.ready-test
BUILT := $(ENV)/.built

ifneq ($(wildcard $(READY)),)
  MADE_FOR := $(file < $(READY))
  # An environment holds absolute paths.
  ifneq ($(wordlist 2,99,$(MADE_FOR)),$(strip $(CURDIR)))
    MOVED := FORCE
  else ifneq ($(origin PYTHON),file)
    ASKED_FOR := $(shell '$(PYTHON)' -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    ifneq ($(ASKED_FOR),$(firstword $(MADE_FOR)))
      $(error $(ENV) was made with Python $(firstword $(MADE_FOR)), not with \
        PYTHON=$(PYTHON) ($(or $(ASKED_FOR),not found)): remove it first (rm -r $(ENV)))
    endif
  endif
endif

.PHONY: env
env: $(READY)  ## Make the Python environment with ROS 2 (once).

$(READY): requirements/$(DISTRO).txt requirements/build.txt requirements/$(PACKAGES).txt $(MOVED)
	@stop() { echo "make: $$*" >&2; exit 1; }
	python=$$(PATH='$(CALLERS_PATH)' command -v '$(PYTHON)') \
	  || stop 'no $(PYTHON) found: install Python 3.10 or newer (apt install python3), or name one with PYTHON=.'
	# If an environment is active, use the Python that it was made from.
	python=$$("$$python" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)')
	version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	"$$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' \
	  || stop "Python 3.10 to 3.14 is needed, $(PYTHON) is $$version: name another one with PYTHON=."
	"$$python" -c 'import platform as p, sys; sys.exit((p.system(), p.machine(), p.python_implementation()) != ("Linux", "x86_64", "CPython"))' \
	  || stop 'ROS 2 from PyPI exists for CPython on Linux x86_64 only: elsewhere install ROS 2 and use colcon build.'
	command -v g++ >/dev/null || stop 'g++ is needed to build the messages: apt install g++.'
	"$$python" -c 'import os, sys, sysconfig as s; sys.exit(not os.path.exists(os.path.join(s.get_path("include"), "Python.h")))' \
	  || stop "the header Python.h of Python $$version is needed to build the messages: apt install python3-dev."
	if [ ! -e $(READY) ] || [ '$(MOVED)' ]; then
	  echo "make: making the environment $(ENV) with Python $$version"
	  rm -rf $(ENV)
	  mkdir -p $(dir $(ENV))
	  log=$$(mktemp)
	  trap 'rm -f "$$log"' EXIT
	  if "$$python" -m venv $(ENV) >"$$log" 2>&1; then :
	  elif rm -rf $(ENV); "$$python" -m virtualenv -q $(ENV) >>"$$log" 2>&1; then :
	  elif rm -rf $(ENV); uv venv -q --seed --python "$$python" $(ENV) >>"$$log" 2>&1; then :
	  elif rm -rf $(ENV); "$$python" -m venv --without-pip $(ENV) >>"$$log" 2>&1 \
	    && "$$python" -m pip install -q pip --target "$$($(ENV)/bin/python -c \
	      'import sysconfig; print(sysconfig.get_path("purelib"))')" >>"$$log" 2>&1; then :
	  else
	    rm -rf $(ENV)
	    cat "$$log" >&2
	    stop "no environment can be made with $$python: apt install python3-venv, then run make again."
	  fi
	fi
	rm -f $(READY) $(TEST_READY) $(BUILT)
	pip() {
	  python -m pip install -qq --no-input -c requirements/$(PACKAGES).txt "$$@" \
	    || stop 'pip could not install what is needed, see above.'
	}
	echo 'make: installing ROS 2 $(DISTRO) and the build tools (0.4 GB on disk, about half a minute)'
	pip -r requirements/$(DISTRO).txt -r requirements/build.txt
	echo 'make: installing OpenCV and the other packages (0.5 GB on disk, about half a minute)'
	pip -r requirements/$(PACKAGES).txt
	echo "$$version $(CURDIR)" > $(READY)

.PHONY: test-env
test-env: $(TEST_READY)  ## Add what testing, training and measuring need: TensorFlow, pytest, ... (once).

TEST_REQUIREMENTS := requirements/test.txt requirements/bench.txt
ifeq ($(PACKAGES),runtime)
  TEST_REQUIREMENTS += requirements/train.txt
endif

$(TEST_READY): $(READY) $(TEST_REQUIREMENTS)
	@if ! python -c 'import sys; sys.exit(sys.version_info >= (3, 14))'; then
	  echo 'make: TensorFlow, for training and tests, exists for Python 3.10 to 3.13: remove $(ENV) and name one of these with PYTHON=.' >&2
	  exit 1
	fi
	rm -f $@
	echo 'make: installing the test tools$(if $(filter %train.txt,$(TEST_REQUIREMENTS)), and TensorFlow (1.6 GB on disk, about a minute))'
	python -m pip install -qq --no-input -c requirements/$(PACKAGES).txt $(addprefix -r ,$(TEST_REQUIREMENTS))
	touch $@

# --- The package ----------------------------------------------------------------------------------
SOURCES := $(shell find cmake config launch mask_proximity models msg srv underlay -type f \
  -not -path '*/__pycache__/*' -not -name '* *' | sort) \
  CMakeLists.txt package.xml pyproject.toml setup.py

# Changes when a file is added or removed, which modification times do not show.
$(ENV)/.sources: $(READY) FORCE
	@printf '%s\n' $(SOURCES) | cmp -s - $@ || printf '%s\n' $(SOURCES) > $@

.PHONY: FORCE
FORCE:

.PHONY: build
build: $(BUILT)  ## Build the package and install it into the environment (when it changed).

$(BUILT): $(READY) $(ENV)/.sources $(SOURCES)
	@rm -f $@
	echo 'make: building mask_proximity (the first time about a minute, then seconds)'
	log=build/$(notdir $(ENV)).log
	mkdir -p build
	if ! python -m pip install -v --no-input --no-deps --no-build-isolation . >$$log 2>&1; then
	  tail -n 40 $$log >&2
	  echo "make: the build failed; all of its output is in $$log" >&2
	  exit 1
	fi
	touch $@

# --- The jobs -------------------------------------------------------------------------------------
.PHONY: demo
demo: $(BUILT)  ## Run the main job on the simulated scene and write its results to OUTPUT.
	@mask-proximity demo --output "$$OUTPUT" $${SCENE:+--scene "$$SCENE"} $(ARGS)

.PHONY: run
run: $(BUILT)  ## Run the main job live on SOURCE until Ctrl-C.
	@mask-proximity run --source "$$SOURCE" $(ARGS)

# Tests of nodes wait more than they compute, so there are twice as many workers as the two cores
# of the smallest machine. Each has a ROS domain of its own: test/support/ros.py.
PYTEST := pytest -n 5 --dist loadgroup
# The tests of the package, and those of what only its developers use, which CI runs as well.
TOOL_TESTS := test/benchmarks test/packaging

.PHONY: test
test: $(BUILT) $(TEST_READY)  ## Check the code and run the tests of the package and the training.
	@ruff check .
	ruff format --check .
	mypy
	$(PYTEST) $(addprefix --ignore=,$(TOOL_TESTS)) $(ARGS)

.PHONY: test-tools
test-tools: $(BUILT) $(TEST_READY)  ## Run the tests of the build, the packaging and the benchmarks.
	@$(PYTEST) $(TOOL_TESTS) $(ARGS)

.PHONY: bench-check
bench-check: $(BUILT) $(TEST_READY)  ## Check that nothing got slower than the committed baseline.
	@python -m benchmarks.guard $(ARGS)

# The Python is chosen here, so a second make makes the environment .env/apt.
.PHONY: test-apt
ifeq ($(PACKAGES),runtime)
test-apt:  ## Run the tests of the runtime with the versions of Ubuntu 24.04's apt.
	@export PATH='$(CALLERS_PATH)'
	for python in $(if $(filter file,$(origin PYTHON)),python3.12 python3,'$(PYTHON)'); do
	  if "$$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
	    exec $(MAKE) --no-print-directory test-apt PACKAGES=apt DISTRO=jazzy PYTHON="$$python"
	  fi
	done
	echo 'make: the versions of Ubuntu 24.04 exist for Python 3.10 to 3.12: install one, or name one with PYTHON=.' >&2
	exit 1
else
test-apt: $(BUILT) $(TEST_READY)
	@for package in ai-edge-litert tensorflow tensorflow-cpu keras; do
	  if python -m pip show -qq "$$package" 2>/dev/null; then
	    echo "make: $$package is in $(ENV), and apt does not have it: remove it first (rm -r $(ENV))." >&2
	    exit 1
	  fi
	done
	$(PYTEST) -m 'not litert and not tensorflow and not yunet and not any_version' \
	  --version-dependent --ignore=test/training $(addprefix --ignore=,$(TOOL_TESTS)) $(ARGS)
endif

.PHONY: train
train: $(TEST_READY)  ## Train the mask classifier on MASK_PROXIMITY_DATA.
	@if [ -z "$${MASK_PROXIMITY_DATA:-}" ]; then
	  echo 'make: MASK_PROXIMITY_DATA must name the folder with the training data (see README).' >&2
	  exit 1
	fi
	python -m training.train --data "$$MASK_PROXIMITY_DATA" $(ARGS)

.PHONY: bench
bench: $(BUILT) $(TEST_READY)  ## Measure the speed beside the tutorial's loop and others: docs/performance.md.
	@python -m benchmarks.performance $(ARGS)

.PHONY: clean
clean:  ## Remove the environments and everything built.
	@rm -rf .env build install log mask_proximity.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
