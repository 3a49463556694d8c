# Miniflow. `make` explains itself: every target has one line behind its name.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The nested module holds Temporal's server; see the comment in its go.mod.
STANDALONE := cmd/standalone
# Flags for go test, such as TESTFLAGS="-v -run TestOrder".
TESTFLAGS ?=
# How long each fuzz target runs.
FUZZTIME ?= 30s
# How many lives `make e2e-postgres` lives.
LIVES ?= 50
# Which benchmarks run, as a pattern.
BENCH ?= .
# Build flags stay the defaults: another flag compiles the nested module anew, for minutes.
BIN := bin

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start everything in one process: Temporal, its Web UI, Miniflow, a simulated Alipay (first build: minutes, counted)
	@go -C $(STANDALONE) build -v -o ../../$(BIN)/miniflow-standalone . 2>&1 \
		| awk '{printf "\r\033[Kcompiling: %d packages so far, %s", ++n, $$0; fflush()} END {if (n) print ""}'
	cd $(STANDALONE) && ../../$(BIN)/miniflow-standalone

.PHONY: build
build: ## Build the three programs into bin/
	go build -o $(BIN)/ ./cmd/miniflow ./cmd/alipaysim
	go -C $(STANDALONE) build -o ../../$(BIN)/miniflow-standalone .

.PHONY: test
test: ## Test both modules (TESTFLAGS=…)
	go test $(TESTFLAGS) ./...
	go -C $(STANDALONE) test $(TESTFLAGS) ./...

.PHONY: test-race
test-race: ## Test the root module under the race detector
	go test -race $(TESTFLAGS) ./...

.PHONY: e2e
e2e: ## Test the whole, with a real Temporal server and a simulated Alipay, each time anew
	go -C $(STANDALONE) test -count=1 $(TESTFLAGS) ./...

.PHONY: e2e-postgres
e2e-postgres: ## Test on PostgreSQL and Temporal's own server: every kind of order, LIVES crossings, and as many orders under each fault
	LIVES=$(LIVES) go -C $(STANDALONE) test -count=1 -timeout 60m -v $(TESTFLAGS) ./clustertest

# How many lives `make crossings` lives, and the seed of the first.
COUNT ?= 3000
FIRST ?= 1

.PHONY: crossings
crossings: ## Live COUNT random lives of an order, from the seed FIRST on, and sum up what broke
	go test ./internal/crossings -count=1 -timeout 3h -v -run '^TestCrossings$$' -lives=$(COUNT) -first=$(FIRST) -all

# The seed of `make lives`, another each time; and how many lives it lives for each invariant.
SEED ?= $(shell date +%s)
EACH ?= 1000

.PHONY: lives
lives: ## Live EACH random lives for each of the twelve invariants, and print the SEED that repeats them
	go test ./internal/crossings -count=1 -timeout 3h -v -run '^TestInvariant' -rapid.seed=$(SEED) -each=$(EACH)

# How many orders `make month` has in simulated time, and how many on a real server.
MONTH ?= 200
REAL ?= 40

.PHONY: month
month: ## Live a month of MONTH orders in simulated time, and as much of one as REAL orders take on a real Temporal server, with everything going wrong (SEED=…)
	go test ./internal/crossings -count=1 -timeout 1h -v -run '^TestAMonth$$' -month=$(MONTH) -month-seed=$(SEED)
	LIVES=$(REAL) SEED=$(SEED) go -C $(STANDALONE) test . -count=1 -timeout 1h -v -run '^TestAMonth$$'

# How often `make kills` kills the door.
KILLS ?= 50

.PHONY: kills
kills: ## Kill a door with a journal KILLS times under load, with Temporal gone and back, and hold histories against answers
	go -C $(STANDALONE) test ./servetest -count=1 -timeout 1h -v -run '^TestKilledAgainAndAgainTheJournalLosesNothing$$' -kills=$(KILLS)

# How many mini programs `make rollout` upgrades, and takes back.
MEMBERS ?= 2000

.PHONY: rollout
rollout: ## Upgrade MEMBERS simulated mini programs with rejections, kills, a pause and a halt, take all back, and print the figures
	go -C $(STANDALONE) test . -count=1 -timeout 3h -v -run '^TestARolloutGoesThroughItsWavesAndBack$$' -members=$(MEMBERS)

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME and print executions and corpus size
	FUZZTIME=$(FUZZTIME) .ci/fuzz

# Which patches `make mutate` applies, as a pattern of their paths.
MUTATE ?= .

.PHONY: mutate
mutate: ## Apply each patch of internal/mutations to a copy; a test has to turn red (MUTATE=pattern)
	MUTATE='$(MUTATE)' .ci/mutate

# The package that `make gremlins` changes, and which of its files, as a pattern of their names.
PKG ?= ./order
FILES ?= .

.PHONY: gremlins
gremlins: ## Change operators and conditions of PKG one by one, and list what no test notices (FILES=pattern)
	FILES='$(FILES)' .ci/gremlins $(PKG)

.PHONY: bench
bench: ## Run the benchmarks of the root module (BENCH=pattern)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: lint
lint: ## Check style, mistakes and the arrows between packages, in every module
	golangci-lint run ./...
	for module in $(STANDALONE) $(STANDALONE)/stubs/*; do (cd $$module && golangci-lint run ./...) || exit 1; done

.PHONY: workflowcheck
workflowcheck: ## Check that workflow code is deterministic
	workflowcheck -config .workflowcheck.yml ./workflows/...

# The release whose histories `make record` records; those of one that is out stay as they are.
RELEASE ?= next

.PHONY: record
record: ## Record histories of the workflows for the replay tests of RELEASE; only after a change that has a version
	@[ "$(RELEASE)" = next ] || [ ! -e workflows/testdata/histories/$(RELEASE) ] || { echo "the histories of $(RELEASE) are there already, and a release keeps its own"; exit 1; }
	MINIFLOW_RECORD=$(CURDIR)/workflows/testdata/histories/$(RELEASE) go -C $(STANDALONE) test -count=1 -run '^TestRecordHistories$$' ./...

.PHONY: docs
docs: ## Draw the state diagram and the stories in docs/ from the table in order/
	go test ./order -count=1 -update

.PHONY: ci
ci: ## Run every check that a change has to pass, as the build machine does
	CI=true .ci/run
