# What people do with Drover. "make run" and "make test" are all that a visitor needs; see docs/testing.md for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

GO       ?= go
DATA     ?= data
tools    := .cache/tools
packages := ./...

# A path whose name starts with a dot, or that npm filled, is no source of ours.
go_sources  := $(shell find . -name node_modules -prune -o -path './.*' -prune -o \
	\( -name '*.go' -o -name '*.sql' -o -name '*.json' -o -name '*.yaml' -o -name '*.html' -o -name '*.css' -o -name '*.service' \) \
	-not -path './web/dist/*' -type f -print) go.mod go.sum
web_sources := $(shell [ ! -d web ] || find web -maxdepth 1 -type f -not -name package-lock.json -print) \
	$(shell [ ! -d web/src ] || find web/src web/portal web/public -type f -print 2>/dev/null)

# The front end is built when it is there; without it the server serves the placeholder page.
ifneq ($(wildcard web/package.json),)
front_end := web/dist/app/index.html
endif

# FIPS=1 links Go's certified FIPS 140-3 module and turns it on by default.
fips := $(if $(FIPS),GOFIPS140=v1.0.0)

.PHONY: build agents packages run demo test test-quick lint format bench notices clean help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

build: bin/drover bin/drover-sim bin/drover-agent ## bin/drover, bin/drover-sim and bin/drover-agent: static, without cgo; FIPS=1 for the FIPS 140-3 module

# The build mode is a file, so that FIPS=1 after a plain build builds anew.
mode := .cache/mode-$(if $(FIPS),fips,plain)
$(mode):
	@mkdir -p .cache && rm -f .cache/mode-* && touch $@

define build_program
	CGO_ENABLED=0 $(fips) $(GO) build -trimpath -ldflags='-s -w' -o $@ ./cmd/$(@F)
	@touch $@
endef

bin/drover: $(go_sources) $(front_end) $(mode) | .cache/compiled
	$(build_program)

bin/drover-sim: $(go_sources) $(mode) | .cache/compiled
	$(build_program)

bin/drover-agent: $(go_sources) $(mode)
	$(build_program)

# The agent for every system that it manages.
agents := $(addprefix bin/agent/drover-agent-,linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64.exe windows-arm64.exe)
agent_for = $(subst -, ,$(patsubst %.exe,%,$*))
agents: $(agents) ## the agent for Linux, Windows and macOS, amd64 and arm64, below bin/agent

$(agents): bin/agent/drover-agent-%: $(go_sources) $(mode)
	CGO_ENABLED=0 $(fips) GOOS=$(word 1,$(agent_for)) GOARCH=$(word 2,$(agent_for)) $(GO) build -trimpath -ldflags='-s -w' -o $@ ./cmd/drover-agent
	@touch $@

packages: bin/agent/drover-agent-linux-amd64 bin/agent/drover-agent-linux-arm64 ## .deb and .rpm of the agent, below bin/agent
	$(GO) -C tools run ./agentpackage

# The long part of the first build needs no front end, so that make -j2 does both at once.
.cache/compiled: go.mod go.sum
	@mkdir -p .cache
	CGO_ENABLED=0 $(fips) $(GO) build -trimpath ./internal/base/... ./internal/core/...
	@touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/app/index.html: web/node_modules/.package-lock.json $(web_sources)
	cd web && npm run build
	@touch $@

run: ## builds what is needed and starts the server on loopback, with its data in ./data
	@$(MAKE) --no-print-directory -j2 bin/drover
	exec bin/drover serve --data $(DATA)

demo: ## a server with a simulated fleet of 2,000 devices, its data in ./data-demo
	@$(MAKE) --no-print-directory -j2 build
	exec scripts/demo

test: ## installs what the tests need where it is missing, and runs everything
	scripts/install-test-deps
	scripts/with-postgres $(GO) run ./test/run

test/oidc/node_modules/.package-lock.json: test/oidc/package.json test/oidc/package-lock.json
	cd test/oidc && npm ci --no-audit --no-fund
	@touch $@

test-quick: test/oidc/node_modules/.package-lock.json ## unit tests on both databases, without the race detector
	scripts/with-postgres $(GO) test $(packages)

lint: $(tools)/staticcheck ## go vet, the formatter and the linter pinned in tools/go.mod
	$(GO) vet $(packages)
	@unformatted=$$(git ls-files '*.go' | xargs -r $(tools)/gofumpt -l); \
	  [ -z "$$unformatted" ] || { printf 'run "make format":\n%s\n' "$$unformatted"; exit 1; }
	$(tools)/staticcheck $(packages)

format: $(tools)/staticcheck ## formats every Go file
	git ls-files '*.go' | xargs -r $(tools)/gofumpt -w

$(tools)/staticcheck: tools/go.mod tools/go.sum
	@mkdir -p $(tools)
	$(GO) build -C tools -o ../$(tools)/ tool
	@touch $@

bench: ## CPU, memory and wake-up times beside nginx and Go's ReverseProxy, on loopback; lists of 100,000 devices; what agents cost and 50,000 of them report; durable reports beside a plain handler
	@$(MAKE) --no-print-directory -j2 build
	scripts/install-test-deps
	$(GO) test -run '^$$' -bench BenchmarkFleet -benchtime 40x ./internal/core/device
	$(GO) test -run '^$$' -bench 'BenchmarkScan|BenchmarkIdle' -benchtime 3x ./agent/inventory ./cmd/drover-agent
	$(GO) test -run '^$$' -bench BenchmarkDurableReport -benchtime 3s ./internal/service/collection
	$(GO) run ./test/bench

notices: $(front_end) ## writes THIRD-PARTY-NOTICES from the licences of everything that is linked or bundled
	$(GO) -C tools run ./notices

clean: ## removes what was built; data stays
	rm -rf bin .cache web/node_modules web/dist/app
