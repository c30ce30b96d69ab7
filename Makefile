.DEFAULT_GOAL := help

.PHONY: help build test race lint fuzz chaos demo check

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the program as ./escalationd
	CGO_ENABLED=0 go build -trimpath -o escalationd ./cmd/escalationd

test: ## Run the tests; those with real servers skip where there are none
	go test ./...

race: ## Run the tests with the race detector, in another order each time
	go test -race -shuffle=on ./...

lint: ## Check format, vet and lint
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run --allow-parallel-runners ./...

FUZZTIME ?= 60s
fuzz: ## Run each fuzz test for FUZZTIME (60s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r dir; do \
		grep -ho '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | cut -c 6- | while read -r name; do \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; \
		done || exit 1; \
	done

chaos: ## Break everything around the program for half an hour (needs dovecot, redis-server, smtp-sink)
	@failed=; export ESCALATIOND_REAL_SERVERS=require; \
	ESCALATIOND_CHAOS=1 go test -count=1 -timeout 60m -v ./internal/chaos ./internal/acceptance ./mailparse || failed=1; \
	for redis in sentinel cluster; do \
		ESCALATIOND_REDIS=$$redis go test -count=1 -timeout 30m -v ./internal/acceptance || failed=1; \
	done; test -z "$$failed"

demo: ## Play the demo and stay up
	go run ./cmd/escalationd demo

check: ## All that must hold before a change lands (installs servers on Debian)
	.ci/run
