# The two commands of the README are `make demo` and `make test`.
# Everything below is made of scripts that install what they need.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)
# One setting for build and tests, so that they share what is compiled.
export CGO_ENABLED := 0
LDFLAGS   = -s -w -X main.version=$(VERSION)
UI_SOURCES := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' -not -path 'ui/e2e/*' 2>/dev/null)

.PHONY: help demo test check build ui bench fuzz lint unit race clients browser e2e crash sizes clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: build ## Build, start the server and the demo application, print the URL
	@scripts/install-demo
	@scripts/demo

test: ## Install what is needed and pass all tests
	@scripts/test

check: lint unit ## Lint and unit tests, under two minutes

build: ui/dist/index.html ## Build bin/clew with the UI in it
	$(GO) build -tags ui -ldflags '$(LDFLAGS)' -o bin/clew ./cmd/clew

ui: ui/dist/index.html ## Build the UI only

ui/dist/index.html: $(UI_SOURCES)
	@scripts/install-ui
	cd ui && npm run --silent build

lint: ## Formatting, vet, staticcheck, import graph
	@scripts/lint

unit: ## Go and UI unit tests
	$(GO) test ./...
	@scripts/install-ui
	cd ui && npm run --silent check && npm test --silent

race: ## The rooms with goroutines under the race detector
	CGO_ENABLED=1 $(GO) test -race ./internal/ingest ./internal/server/... ./internal/sandbox/...
	CGO_ENABLED=1 $(GO) test -race -run 'InMemory/(concurrent|duplicates|early-stop|cancel)|Kill|FullDisk|MemoryLimit' ./internal/store/columnar

clients: ## Protocol tests with the published client packages
	@scripts/install-clients
	$(GO) test -tags clients ./internal/ingest/... ./internal/e2e/onetree

browser: build ## The UI against a mock server in a real browser
	@scripts/install-browser
	cd ui && npm run --silent e2e

e2e: build ## The real server, the real demo, a kill -9 and a real browser
	@scripts/install-demo
	@scripts/install-browser
	$(GO) test -count=1 -tags e2e,demo -timeout 8m ./internal/e2e/... ./internal/demo/...

crash: build ## kill -9 the server a hundred times under load; nothing acknowledged may be lost
	$(GO) test -count=1 -tags crash -run Kills -v -timeout 40m ./internal/e2e

bench: build ## Ingest, questions and logs beside the peers that can be had; minutes; results go to bench/results
	@scripts/install-peers
	$(GO) run ./bench/ingest -peers .cache/peers
	$(GO) run ./bench/query -peers .cache/peers
	$(GO) run ./bench/logs

fuzz: ## Every fuzz target, FUZZTIME each (default 30s)
	@scripts/fuzz

sizes: ## Longest files and functions, as an aid to review
	@$(GO) run ./internal/policy/sizes

clean: ## Remove what was built
	rm -rf bin ui/dist .cache
