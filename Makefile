# tieout: what you can do here. `make` prints this help.
GO ?= go
FUZZTIME ?= 20s
SCENARIOS ?= 40
SEEDS ?= 10
ROWS ?= 20000
LOADS ?= 200
EXAMPLE := fixtures/golden/worked-example
PACKAGES := ./...

.DEFAULT_GOAL := help

help: ## print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./tieout (no cgo)
	CGO_ENABLED=0 $(GO) build -trimpath -o tieout ./cmd/tieout

demo: build ## run an invented month night by night, with workbooks, and score it
	./tieout demo

check: ## format, vet, lint, dead code, tidy modules
	@test -z "$$($(GO) tool gofumpt -l .)" || { echo "gofumpt wants:"; $(GO) tool gofumpt -l .; exit 1; }
	$(GO) vet $(PACKAGES)
	$(GO) vet -tags torture $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)
	$(GO) tool exhaustive -d $(PACKAGES)
	$(GO) tool go-errorlint -errorf $(PACKAGES)
	@dead="$$($(GO) tool deadcode -test -tags torture $(PACKAGES))"; test -z "$$dead" || { echo "dead code:"; echo "$$dead"; exit 1; }
	$(GO) mod tidy -diff

test: ## all tests, in random order
	$(GO) test -shuffle=on $(PACKAGES)

race: ## all tests with the race detector (needs a C compiler)
	$(GO) test -race -shuffle=on $(PACKAGES)

golden: ## write the golden files anew; read the difference before you commit it
	TIEOUT_GOLDEN=write $(GO) test ./ledger/posting ./recon/sagepro/unposted
	TIEOUT_GOLDEN=write $(GO) test -run TestGolden ./recon/cybersource/reportfile
	TIEOUT_GOLDEN=write $(GO) test -run TestExplainSays ./cmd/tieout

bench: ## rows/s of reading, matching, booking and the whole job (TIEOUT_BENCH_ROWS orders)
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

pgo: ## measure the whole job anew for the compiler: cmd/tieout/default.pgo, which every build of ./cmd/tieout uses by itself
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	TIEOUT_BENCH_ROWS=200000 $(GO) test -pgo=off -run '^$$' -bench WholeJob/files -benchtime 50x -cpuprofile $$work/cpu.pgo -o $$work/bench.test ./cmd/tieout && \
	cp $$work/cpu.pgo cmd/tieout/default.pgo

fuzz: ## every fuzz target for FUZZTIME
	@for target in $$(grep -rl '^func Fuzz' --include=*_test.go . | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -ho '^func Fuzz[A-Za-z]*' $$target/*_test.go | cut -c6-); do \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) $$target || exit 1; done; done

picture: build ## draw fixtures/demo/workbook.png anew (needs LibreOffice Calc and pdftoppm)
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	./tieout reconcile --out $$work/out --policy $(EXAMPLE)/config.json --transactions $(EXAMPLE)/transactions.csv \
	  --documents $(EXAMPLE)/documents.csv --history $(EXAMPLE)/history.csv --funding $(EXAMPLE)/funding.csv --bank $(EXAMPLE)/bank.csv && \
	soffice -env:UserInstallation=file://$$work/profile --headless --convert-to pdf --outdir $$work $$work/out/exceptions.xlsx >/dev/null && \
	pdftoppm -r 96 -f 1 -l 1 -singlefile -png $$work/exceptions.pdf fixtures/demo/workbook

CUT_STEP ?= 1
CUTS ?= 2000
CUT_SEED ?= 1

RESTORES ?= 100
CORRUPTIONS ?= 200

POSTED ?= 200000
KILLS ?= 200
NIGHTS ?= 200
SERVICES ?= 5
HUGE ?= 5GB

torture: ## long proofs: SCENARIOS and a workbook of ROWS recalculated by LibreOffice, peak memory, a night after POSTED rows, LOADS loads of a folder in use, an ERP of 2,000,000 invoices, SEEDS demonstrations, the vendor's own client (needs npm), a fetched report of HUGE bytes within 256 MiB, a service killed KILLS times, NIGHTS nights by SERVICES services at once of which some stand still, a disk that is full for a minute, every CUT_STEP packet and CUTS random faults of a delivery
	TIEOUT_DEMO_SEEDS=$(SEEDS) TIEOUT_SCENARIOS=$(SCENARIOS) TIEOUT_ROWS=$(ROWS) $(GO) test -tags torture -count=1 -timeout 60m -v \
	  -run 'WorkbookRecalculates|PeakMemory|DemoHolds|VendorClient' ./cmd/tieout ./reports/workbook
	TIEOUT_LOADS=$(LOADS) TIEOUT_LIVE_LOADS=$(LOADS) $(GO) test -tags torture -count=1 -timeout 60m -v -run 'LoadsWhile|LargeCompany|LiveFolder' ./recon/sagepro
	TIEOUT_HUGE=$(HUGE) $(GO) test -count=1 -timeout 120m -v -run HugeReport ./cmd/tieout
	TIEOUT_POSTED_ROWS=$(POSTED) $(GO) test -count=1 -timeout 60m -v -run 'GrownStore' ./cmd/tieout
	TIEOUT_KILLS=$(KILLS) TIEOUT_NIGHTS=$(NIGHTS) TIEOUT_SERVICES=$(SERVICES) $(GO) test -tags torture -count=1 -timeout 180m -v -run 'TestServiceIsKilled|TestOneNightOnce|TestAFullDiskIsTold' ./cmd/tieout
	TIEOUT_RESTORES=$(RESTORES) TIEOUT_SEED=$(CUT_SEED) $(GO) test -count=1 -timeout 60m -v -run "RestoreDrill" ./cmd/tieout
	TIEOUT_CORRUPTIONS=$(CORRUPTIONS) TIEOUT_SEED=$(CUT_SEED) $(GO) test -count=1 -timeout 60m -v -run "VerifierFinds" ./cmd/tieout
	TIEOUT_CUT_STEP=$(CUT_STEP) TIEOUT_RANDOM_CUTS=$(CUTS) TIEOUT_SEED=$(CUT_SEED) $(GO) test -count=1 -timeout 120m -v -run 'Cut' ./ledger/drop

REPLAYS ?= 200
SEED ?= 1

torture: crashes

crashes: ## KILLS kills of run and of serve on each store at random instants, and one or two at every failpoint; REPLAYS power cuts, and as many in the log of SQLite; NIGHTS nights of five runs at once
	TIEOUT_KILLS=$(KILLS) TIEOUT_POINTS=0 TIEOUT_REPLAYS=$(REPLAYS) TIEOUT_NIGHTS=$(NIGHTS) TIEOUT_SEED=$(SEED) \
	  $(GO) test -count=1 -timeout 300m -v -run 'KilledAtAnyInstant|PowerCuts|RunsTogether' ./cmd/tieout

tables: ## genuine tables in SAMPLES: as read here, by npm dbffile in NODE_MODULES, and by Debian's python3-dbf
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && mkdir $$work/dumps && cp -r "$(SAMPLES)" $$work/files && chmod -R u+w $$work/files && \
	TIEOUT_NO_SKIP=1 TIEOUT_DBF_SAMPLES=$$work/files TIEOUT_DBF_DUMP=$$work/dumps $(GO) test -tags torture -count=1 -run Genuine ./recon/sagepro/dbf && \
	node recon/sagepro/dbf/testdata/compare.mjs $$work/dumps "$(NODE_MODULES)" && \
	python3 recon/sagepro/dbf/testdata/compare.py $$work/dumps $(PYTHON_PACKAGES) >$$work/log; code=$$?; tail -1 $$work/log; test $$code = 0 && diff -r "$(SAMPLES)" $$work/files

ci: check test ## what continuous integration runs

.PHONY: help build demo check test race golden bench pgo fuzz picture torture crashes tables ci
