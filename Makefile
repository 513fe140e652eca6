# What people and CI type. Each target installs what is missing first (tools/setup.sh, at once when nothing is).

.PHONY: run demo test test-all bench lint fmt build package clean

run:        ## build, start the server, deploy and invoke the examples, serve until Ctrl-C
	@tools/demo.sh run

demo:       ## the same on free ports without a terminal; fails unless every output is right
	@tools/demo.sh demo

test:       ## unit, end-to-end and attack tests; the last line counts them
	@tools/test.sh

test-all:   ## the same with ThreadSanitizer and the long runs
	@tools/test.sh all

bench:      ## everything side by side; one line per goal
	@tools/bench.sh

lint:       ## formatting, rooms, clang-tidy on what changed (OPENFC_LINT=all: on everything)
	@tools/lint.sh

fmt:
	@tools/lint.sh fix

build:      ## the release build, in build/release
	@tools/build.sh release

package:    ## the Debian package of the release build
	@tools/package.sh

clean:
	rm -rf build
