# Keyhall. `make help` lists what there is to make.
.DEFAULT_GOAL := help
.PHONY: help run test check bench generate build

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
TOOL := go tool -modfile=tools.mod

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: ## try Keyhall with sample data, on http://localhost:8080; KEYS=100000 gives it more
	@sh .ci/need go postgres
	@go build -o bin/keyhall ./cmd/keyhall
	@bin/keyhall demo $(if $(KEYS),-keys $(KEYS))

test: ## pass the tests; what is missing is installed, if you are root
	@sh .ci/need go postgres
	@sh .ci/need chromium || [ "$$CI" != true ]
	go test -p 2 -timeout 35m ./...

check: ## look at format, mistakes, generated files, modules and the picture
	@sh .ci/need go
	@wrong=$$($(TOOL) gofumpt -l .) && if [ -n "$$wrong" ]; then echo "make generate formats these:"; echo "$$wrong"; exit 1; fi
	go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) errcheck -exclude .ci/errcheck.txt ./...
	@before=$$(find views -name '*_templ.go' -exec cksum {} + | sort); $(TOOL) templ generate -log-level error && \
		after=$$(find views -name '*_templ.go' -exec cksum {} + | sort); \
		[ "$$before" = "$$after" ] || { echo "views were changed and not generated: commit what make generate makes"; exit 1; }
	go mod tidy -diff
	go test -count=1 ./internal/arch

bench: build ## measure the portal against the limits of the machine
	bin/keyhall bench

generate: ## make Go of the views, format everything
	$(TOOL) templ generate -log-level error
	$(TOOL) gofumpt -w .

build: ## make bin/keyhall, static, to be installed
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.release=$(VERSION)" -o bin/keyhall ./cmd/keyhall
