# Outcry. `make help` lists what there is; longer scripts live in .ci/.

SHELL := /bin/bash
BIN := bin/outcry
FUZZTIME ?= 30s
N ?= 50

.DEFAULT_GOAL := help
.PHONY: help run build test check test-go test-client test-dashboard test-browser test-deploy crash soak faults lint docs bench bench-browser bench-go fuzz clean

# What the dashboard is built from, and where it is embedded from.
SITE := dashboard/dist/site/index.html
SITE_SOURCES := $(shell find dashboard/src dashboard/public -type f) \
	$(addprefix dashboard/,index.html package.json package-lock.json tsconfig.json vite.config.ts)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build and serve a live demo on http://localhost:8080
	$(BIN) serve --dev

build: $(SITE) ## Build bin/outcry, with the dashboard in it
	@.ci/tools go
	go build -o $(BIN) ./cmd/outcry

$(SITE): $(SITE_SOURCES)
	@.ci/tools node
	.ci/dashboard build

test: lint test-go test-client test-dashboard test-browser test-deploy ## Run every check

# The tests of these take minutes: they kill engines and fill disks.
SLOW := /persistence/badgerjournal$$|/cmd/outcry$$

check: lint ## Before a commit: lint, unit tests without the race detector, types
	@.ci/tools go node
	go test -p 6 $$(go list ./... | grep -vE '$(SLOW)')
	.ci/dashboard check

test-go: ## Go tests with the race detector, fuzz seeds included
	@.ci/tools go cc
	go test -race -timeout 30m -p 3 ./...

faults: # makes calls of the engine's file system fail, for the crash test; on Linux alone
	@.ci/tools go
	$(if $(filter Linux,$(shell uname)),go build -o bin/faults ./cmd/faults)

test-client: build faults ## The real socket.io-client under Node against the real binary
	@.ci/tools node
	.ci/test-client $(CURDIR)/$(BIN)

test-dashboard: ## Checks and unit tests of the dashboard
	@.ci/tools node
	.ci/dashboard check
	.ci/dashboard test

test-browser: build ## The dashboard in Chromium against the real binary
	@.ci/tools node chromium
	.ci/test-browser $(CURDIR)/$(BIN)

test-deploy: build ## What is in deploy/, with the tools it is for
	@.ci/tools go node prometheus deploy
	.ci/deploy $(CURDIR)/$(BIN)

crash: build faults ## Kill the engine N (50) times under load, amid faults of its disk, then check every fact and notice
	@.ci/tools node faults
	.ci/crash $(CURDIR)/$(BIN) $(N)

soak: build faults ## The random rounds of the tests, many times as many: CRASHES (200), ACTIONS (500000), CHECKS (1000)
	@.ci/tools go cc node faults
	.ci/soak $(CURDIR)/$(BIN)

lint: ## gofmt, go vet and golangci-lint, and that everything builds on other systems
	@.ci/tools go
	.ci/lint
	.ci/portable

docs: ## Write docs/settings.md and docs/metrics.md from what the code says
	@.ci/tools go
	go generate ./config ./transport/metrics

bench: build ## The load tests of bench/README.md; some minutes on an otherwise idle machine
	.ci/bench

bench-browser: build ## The dashboard's figures in Chromium; MINUTES (30) of them watch its memory
	@.ci/tools node chromium
	.ci/test-browser $(CURDIR)/$(BIN) bench:browser

bench-go: ## Go benchmarks of the hot path, with their allocations
	@.ci/tools go
	go test -run '^$$' -bench . -benchmem ./actors/... ./transport/... ./persistence/... ./bench/...

fuzz: ## Every fuzz target for FUZZTIME (30s) each
	@.ci/tools go
	FUZZTIME=$(FUZZTIME) .ci/fuzz

clean: ## Remove what was built
	rm -rf bin transport/transporttest/client/node_modules dashboard/node_modules dashboard/dist/site
