.PHONY: help demo test fuzz bench bench-server bench-web bench-widget screenshots soak build wasm wasm-release tinygo package clean

ADDR ?= 127.0.0.1:8080
FUZZ ?= 60s

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## set everything up and start the server with its pages; ADDR=host:port, RELEASE=1 for the release core; its data ends with make clean
	@exec .build/rtmd -addr $(ADDR) -data .build/rtmd-data

test: ## set everything up and run every test there is
	@go run ./cmd/check

fuzz: ## every fuzz test for a minute each; FUZZ=10s for another time
	@go run ./cmd/check -fuzz $(FUZZ)

bench: ## measure what has a benchmark
	@go test -run '^$$' -bench . -benchmem ./...

bench-server: ## what one rtmd holds, beside a bare echo: messages, fan-out, idle customers (2 minutes)
	@go run ./rtm/rtmtest/load

bench-web: ## the SDK in Chromium with either core, beside a page without a library; the launcher on a slow phone: 9 runs (3 minutes)
	@cd cmd/rtmd && RTM_BENCH_WEB=9 go test -run 'TestBenchWeb|TestSlow4G' -timeout 30m -count=1

screenshots: ## every state of widget, console and pages at 360 and 1440 px, light and dark: .build/gallery/index.html
	@go run ./cmd/check -run "npm ci"
	@cd cmd/rtmd && RTM_SCREENSHOTS=1 go test -run TestScreenshots -timeout 30m -count=1

bench-widget: ## the widget with 10,000 events: typing, scrolling, opening, on a processor four times slower, too (2 minutes)
	@cd cmd/rtmd && RTM_BENCH_WIDGET=1 go test -run TestBenchWidget -timeout 30m -count=1

soak: ## the long runs: 2,000 conversations under faults and 400 through three nodes (-seed N in place of -seeds replays one), 200 kills of rtmd, a million pushes to each core and to a page, 500 widgets mounted and unmounted
	@go test ./rtm/rtmtest -run Property -seeds 2000 -timeout 30m -count=1
	@go test ./cmd/rtmd -run Killed -kills 100 -timeout 30m -count=1
	@RTM_SOAK=1 NODE_OPTIONS=--test-reporter=spec npm --prefix web test -- --test-name-pattern 'leave nothing behind'
	@cd cmd/rtmd && RTM_SOAK=1 go test -run 'TestMountsLeaveNothing|TestNothingLeaks' -timeout 60m -count=1

build: ## the pages and the server, without starting it
	@go run ./cmd/check -run "npm ci"
	@go run ./cmd/webbuild $(if $(RELEASE),-release)
	@go build -o .build/rtmd ./cmd/rtmd

wasm: ## the core for the browser alone: .build/rtm.wasm
	@GOOS=js GOARCH=wasm go build -trimpath -ldflags='-s -w' -o .build/rtm.wasm ./wasm

wasm-release: ## the same by TinyGo, as the npm package ships it: .build/rtm-release.wasm
	@go run ./cmd/webbuild -wasm

package: ## the npm package as it is published: .build/package
	@go run ./cmd/check -run "npm ci"
	@go run ./cmd/webbuild -package

tinygo: ## get the compiler of the release core
	@go run ./cmd/webbuild -tinygo

clean: ## remove what builds made, keep installed packages
	@rm -rf .build web/dist
