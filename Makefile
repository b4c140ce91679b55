# Outcry. `make help` lists what there is.

SHELL := /bin/bash
BIN := bin/outcry
FUZZTIME ?= 30s
GO_SOURCES := $(shell git ls-files '*.go' 2>/dev/null) go.mod go.sum

.DEFAULT_GOAL := help
.PHONY: help run build test test-go test-client lint bench bench-go fuzz clean tools

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build and serve a live demo on http://localhost:8080
	$(BIN) serve --dev

build: tools $(BIN) ## Build bin/outcry

$(BIN): $(GO_SOURCES)
	go build -o $@ ./cmd/outcry

test: tools lint test-go test-client ## Run every check

test-go: tools ## Go tests with the race detector, fuzz seeds included
	go test -race -timeout 8m ./...

test-client: build ## The real socket.io-client under Node against the real binary
	.ci/test-client

lint: tools ## Formatting, vet and golangci-lint
	.ci/lint

bench: build ## The load tests of bench/README.md; takes some minutes and both cores
	.ci/bench

bench-go: tools ## Go benchmarks of the hot path
	go test -run '^$$' -bench . -benchmem ./actors/... ./transport/... ./bench/...

fuzz: tools ## Every fuzz target for FUZZTIME (default 30s) each
	FUZZTIME=$(FUZZTIME) .ci/fuzz

tools: # what is needed beyond this repository
	@.ci/tools

clean: ## Remove what was built
	rm -rf bin
