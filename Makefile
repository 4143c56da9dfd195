# The two commands to know: `make demo` and `make test`. Both start from a bare Debian 12.
PRESET ?= release
BUILD := build/$(PRESET)
DEEPMINE := $(BUILD)/deepmine
FUZZ_SECONDS ?= 600
# libtorch takes about 1.5 GB a compiler, so a small machine uses fewer of its cores.
JOBS ?= $(shell cores=$$(nproc); fit=$$(awk '/MemAvailable/ {print int($$2 / 1500000)}' /proc/meminfo); \
                echo $$((fit < 1 ? 1 : fit < cores ? fit : cores)))

.DEFAULT_GOAL := help
.PHONY: help packages build program demo test fault-table texts bench fuzz tidy clean

help: ## say what the targets do
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

packages:
	@cmake/install-packages.sh

$(BUILD)/build.ninja: | packages
	@echo "make: configuring $(BUILD)" >&2
	@cmake --preset $(PRESET) >/dev/null

build: packages $(BUILD)/build.ninja ## install what is missing and build
	@echo "make: building $(BUILD) with $(JOBS) jobs" >&2
	@cmake --build --preset $(PRESET) --parallel $(JOBS) >&2

program: packages $(BUILD)/build.ninja
	@echo "make: building $(DEEPMINE) with $(JOBS) jobs" >&2
	@cmake --build --preset $(PRESET) --parallel $(JOBS) --target deepmine >&2

demo: program ## measure the experiments in small (quick profiles, Fashion-MNIST), write the report
	@for experiment in autoencoder-scan odin uniform-svdd deep-mining; do \
	  echo "make: running $$experiment, profile quick" >&2; \
	  $(DEEPMINE) run $$experiment --profile quick || exit $$?; \
	done
	@$(DEEPMINE) report --out results/report.html
	@echo "make: open results/report.html, look at results/figures, or query results/deepmine.sqlite (results/README.md)" >&2
	@echo "make: next, Table 1 as published: datasets/fetch.sh, then $(DEEPMINE) run deep-mining --profile paper" >&2

test: build ## build and run every test
	@echo "make: testing $(BUILD)" >&2
	@cmake/run-tests.sh $(PRESET)

fault-table: build ## write the table of tests/README.md from what the tests of faults observe
	@DEEPMINE_FAULT_TABLE=$(CURDIR)/tests/README.md OMP_WAIT_POLICY=passive $(BUILD)/tests/test_faults

texts: build ## write the tables and answers of README.md, results/README.md and results/reference from their stores
	@DEEPMINE_UPDATE_TEXTS=1 $(BUILD)/tests/test_end_to_end "the tables*,the table*,the autoencoder's table*,the answers*"

bench: build ## run the benchmarks
	@found=; for bench in $(BUILD)/tests/bench_*; do \
	  if [ -f "$$bench" ] && [ -x "$$bench" ]; then found=1; "$$bench" || exit 1; fi; \
	done; [ -n "$$found" ] || { echo "make: no benchmark was built" >&2; exit 1; }
	@DEEPMINE_BINARY=$(BUILD)/deepmine tests/bench/questions.sh

fuzz: packages ## look for inputs that break the readers and scans, FUZZ_SECONDS each (clang)
	@command -v clang++ >/dev/null || { echo "make: fuzzing needs clang; apt-get install clang" >&2; exit 2; }
	@cmake --preset fuzz >/dev/null && cmake --build --preset fuzz --parallel $(JOBS) >&2
	@for program in build/fuzz/tests/fuzz_*; do \
	  target=$${program##*/fuzz_}; log=build/fuzz/found/$$target.log; mkdir -p build/fuzz/found/$$target; \
	  echo "make: fuzzing $$target, $$log" >&2; \
	  OMP_NUM_THREADS=1 $$program -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -rss_limit_mb=4096 -malloc_limit_mb=64 \
	    -artifact_prefix=build/fuzz/found/$$target- build/fuzz/found/$$target tests/fuzz/corpus/$$target >$$log 2>&1 \
	    || { grep -A 9 -E "ERROR|runtime error" $$log >&2; exit 1; }; \
	  grep -E "DONE|^stat::" $$log; \
	done
	@tests/fuzz/table.sh build/fuzz/found tests/README.md

tidy: build ## check the sources with clang-tidy 14
	@run-clang-tidy -quiet -p $(BUILD) '/(framework|attacks|datasets|experiments)/'

clean: ## remove the build
	rm -rf $(BUILD)
