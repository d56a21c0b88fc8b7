# The front door. `make` alone prints the targets.
# SPDX-License-Identifier: Apache-2.0
#
# Everything runs in the Debian 13 root (tools/devroot); nothing but `make setup` touches the host.
#   PRESET=release   the CMake preset that is built and tested (CI: ci-release; with sanitizers: dev)
#   STACK_DIR        the stack's folder (default .storefront)
#   T=…              with test-integration and test-e2e: a file, a folder or pytest options

PRESET ?= release
JOBS ?= $(shell nproc)
# Integration tests wait for servers four fifths of their time.
WORKERS ?= $(shell expr $(JOBS) + 1)
export PRESET

RUN := tools/devroot run --
STEP := $(RUN) tools/step
BUILD := build/$(PRESET)
# The processes of the stack and the client; a service exists once it has a main.
PROGRAMS := $(patsubst services/%/main.cc,%,$(wildcard services/*/main.cc)) $(if $(wildcard cli/main.cc),storefrontctl)
HAVE_GATEWAY := $(wildcard gateway/build)

.DEFAULT_GOAL := help
.PHONY: help setup up down status logs doctor clean-data migrate topics connectors demo shell \
	build runnable programs configure gateway go-tools process-compose kafka-jars test test-unit test-contract test-integration test-e2e \
	bench lint docs format secrets lock-python

help: ## print this table
	@awk -F ':.*## ' '/^[a-z][a-z0-9 -]*:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- the stack

setup: ## install what this host lacks (Debian, Ubuntu; uses sudo), make the build root
	@tools/setup

up: ## build what is missing, start the stack, wait for the first change event
	@$(RUN) true
	@if $(RUN) tools/stack is-up; then $(RUN) tools/stack status; else \
	  $(MAKE) --no-print-directory -j3 programs gateway process-compose kafka-jars && \
	  DEVROOT_DETACHED=1 $(RUN) tools/stack up; fi

down: ## stop the stack in order, check that nothing is left
	@$(RUN) tools/stack down

status: ## the processes of the stack
	@$(RUN) tools/stack status

logs: ## follow the log of one process: make logs P=migrator
	@$(RUN) tools/stack logs $(P)

doctor: ## walk the pipeline, name the first broken hop
	@$(RUN) tools/stack doctor

clean-data: ## stop the stack and remove its data; asks, unless YES=1
	@$(RUN) tools/stack clean-data $(if $(filter 1,$(YES)),--yes)

migrate topics connectors: ## run that one-shot again: migrations, topic policy, connectors
	@$(RUN) tools/stack one-shot $@

demo: ## full load, deltas, the change events seen
	@$(RUN) tools/stack run tools/demo

shell: ## a shell in the root, with the stack's addresses and programs
	@$(RUN) tools/go-tools grpcurl >/dev/null
	@$(RUN) tools/stack run bash

secrets: ## random passwords into $STACK_DIR/secrets; then set SECRETS_DIR
	@$(RUN) tools/stack secrets

# --- build

build: runnable ## everything: programs and tests of PRESET, the gateway, Go tools
	@$(STEP) "build $(PRESET)" nice ninja -C $(BUILD) -j$(JOBS)

# What a stack and the tests of the running programs need.
runnable: programs gateway go-tools kafka-jars

programs: configure
	@$(if $(PROGRAMS),$(STEP) "programs $(PRESET)" ninja -C $(BUILD) -j$(JOBS) $(PROGRAMS))

configure:
	@$(STEP) "configure $(PRESET)" cmake --preset $(PRESET)

gateway:
	@$(if $(HAVE_GATEWAY),$(STEP) gateway gateway/build --preset $(PRESET))

go-tools:
	@$(STEP) "go tools" tools/go-tools process-compose grpcurl

process-compose:
	@$(STEP) process-compose tools/go-tools process-compose

kafka-jars:
	@$(STEP) "kafka jars" tools/kafka-jars

# --- tests

test: test-unit test-contract test-integration test-e2e ## all rings, on ports of their own, beside a running stack

test-unit: build ## hermetic: C++ by ctest, Go
	@$(STEP) --show "test unit" ctest --test-dir $(BUILD) -L unit -j$(JOBS) --output-on-failure --no-tests=error
	@$(if $(HAVE_GATEWAY),$(STEP) --show "test gateway" sh -c 'cd gateway && go vet ./... && go test ./...')

test-contract: build ## each port's suite on the real Postgres, Kafka, Connect
	@$(STEP) --show "test contract" tools/with-servers postgres kafka connect -- \
	  ctest --test-dir $(BUILD) -L contract -j$(JOBS) --output-on-failure --no-tests=error

test-integration: runnable ## one service at a time from Python, on real servers
	@$(STEP) --show "test integration" tools/pytest $(or $(T),-n $(WORKERS) --dist loadfile tests/integration)

test-e2e: runnable ## the whole native stack
	@$(STEP) --show "test e2e" tools/pytest $(or $(T),tests/e2e)

bench: programs gateway process-compose kafka-jars ## ratios against a baseline of the same run
	@$(RUN) tools/bench

# --- care

lint: configure ## formatters, linters, tidy, generated files unchanged
	@$(STEP) --show lint tools/lint

docs: ## renew docs/{config,cli,errors,lint}.md and docs/openapi.yaml from the code
	@$(RUN) tools/gen-docs

format: ## rewrite C++, Go and Python in house style
	@$(RUN) sh -c "git ls-files -z '*.cc' '*.h' | xargs -0r clang-format-19 -i"
	@$(if $(wildcard gateway/go.mod),$(RUN) sh -c "git ls-files -z 'gateway/*.go' | xargs -0r gofmt -w")
	@$(RUN) sh -c '"$$(tools/python-env tests/lint/requirements.txt)/bin/ruff" format tests tools'

lock-python: ## tests/requirements.in → requirements.txt, with hashes
	@$(RUN) tools/lock-python
