# lxcbox: LXC and LXD in one static executable.
#
# What is built lies under build/, and build/FLAVOUR/obj/ROOM/x.o comes from ROOM/x.c. The flavours:
#   musl  what ships: small, static, against our own musl        asan  gcc's sanitizers, host's libc
#   fuzz  clang's fuzzer and sanitizers, with asan's libraries
# The libraries are fetched and built first (vendor/lock, scripts/fetch, vendor/Makefile): a minute, once.

PREFIX = /usr/local
DESTDIR =

# ---- sources: by wildcard per room; a room that is not there yet is simply empty

ROOMS = core runtime $(addprefix runtime/,instance device isolate rootfs image link host) net applets
SOURCES := $(foreach r,$(ROOMS),$(wildcard $r/*.c))
CODE    := $(filter-out %_test.c,$(SOURCES))
# What tests and fuzz targets are linked with: all but the one main().
PARTS   := $(filter-out applets/main.c,$(CODE))
UNIT    := $(filter %_test.c,$(SOURCES)) $(wildcard test/unit/*.c)
FUZZ    := $(patsubst test/fuzz/%.c,%,$(filter-out test/fuzz/replay.c,$(wildcard test/fuzz/*.c)))
TOOLS   := $(patsubst test/tools/%.c,build/test/%,$(wildcard test/tools/*.c))
BENCHES := $(patsubst test/bench/%.c,build/bench/%,$(wildcard test/bench/*.c))

objects = $(patsubst %.c,build/$1/obj/%.o,$2)

# ---- flags

WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wswitch \
	-Wundef -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
BASE = -std=gnu11 -D_GNU_SOURCE -I. -g -fPIE
LIBS = -lz -llzma -lzstd -lbz2 -lseccomp -lbearssl -lyaml -lyyjson

CC_musl     = build/vendor/musl/bin/musl-gcc
CFLAGS_musl = $(BASE) $(WARN) -Oz -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-unwind-tables -fstack-protector-strong
LINK_musl   = $(CC_musl) -static-pie -Wl,--gc-sections -Wl,-z,noseparate-code -Wl,-z,relro,-z,now,-z,pack-relative-relocs

# -isystem: the kernel headers that musl's build has, too, not the host's older ones.
WITH_asan   = -isystem build/vendor/asan/include
CC_asan     = gcc
# No -Werror here: under sanitizers gcc guesses wrong about values that "may be" uninitialized.
CFLAGS_asan = $(BASE) $(filter-out -Werror,$(WARN)) $(WITH_asan) -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
LINK_asan   = gcc -fsanitize=address,undefined -Lbuild/vendor/asan/lib

CC_fuzz     = clang
CFLAGS_fuzz = $(BASE) $(WITH_asan) -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
LINK_fuzz   = clang -fsanitize=fuzzer,address,undefined -Lbuild/vendor/asan/lib

# A hash of the libraries' lock and rules, in the names of the stamps that say they are built. (Each library also has
# its own, in vendor/Makefile.) Comments do not count.
HASH := \#
VENDOR := $(shell { pwd; cat vendor/lock vendor/Makefile vendor/*.sh scripts/vendor; } | \
	sed '/^[[:space:]]*[$(HASH)]/d' | sha256sum | cut -c1-16)

# One job per core unless asked otherwise.
ifeq (,$(filter -j%,$(MAKEFLAGS)))
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:

# A line per file; V=1 shows the commands.
say = $(if $(V),,@echo '  $1	$@' &&) $2

# ---- targets

all: build/lxcbox ## build/lxcbox (stripped) and build/lxcbox.debug

run: all ## show what it does (scripts/demo)
	scripts/demo

test: all unit tools ## everything that proves it right (scripts/test)
	scripts/test

unit: build/musl/unit fuzz-replay ## unit tests and fuzz seeds; T=WORDS go to the runner
	build/musl/unit $(T)

asan: build/asan/lxcbox build/asan/unit fuzz-replay ## unit tests under ASan and UBSan; build/asan/lxcbox
	build/asan/unit $(T)

lint: $(call objects,musl,$(SOURCES)) ## layers, banned calls, cppcheck, clang-tidy, gcc -fanalyzer, shellcheck
	scripts/lint

bench: all $(BENCHES) tools ## measurements (scripts/bench)
	scripts/bench

fuzz: $(FUZZ:%=build/fuzz/%) ## build/fuzz/NAME for each test/fuzz/NAME.c; FUZZ_TIME=SECONDS runs each that long
	@$(if $(FUZZ_TIME),$(foreach f,$(FUZZ),mkdir -p build/fuzz/corpus/$f && \
		build/fuzz/$f -max_total_time=$(FUZZ_TIME) -artifact_prefix=build/fuzz/$f- \
		build/fuzz/corpus/$f $(wildcard test/fuzz/seeds/$f) &&)) true

fuzz-replay: $(FUZZ:%=build/asan/fuzz/%) ## run each fuzz target over test/fuzz/seeds/NAME/*
	@$(foreach f,$(FUZZ),build/asan/fuzz/$f $(wildcard test/fuzz/seeds/$f/*) &&) true

tools: $(TOOLS) ## build/test/NAME for each test/tools/NAME.c

vendor: build/vendor/musl/ready-$(VENDOR) ## the libraries only

build/lxcbox.1: build/lxcbox scripts/man
	scripts/man >$@

install: all build/lxcbox.1 ## to $(DESTDIR)$(PREFIX), with manual page and bash completion
	install -D -m 755 build/lxcbox $(DESTDIR)$(PREFIX)/bin/lxcbox
	install -D -m 644 completion/lxcbox.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/lxcbox
	install -D -m 644 build/lxcbox.1 $(DESTDIR)$(PREFIX)/share/man/man1/lxcbox.1

clean: ## remove what was built; the libraries stay (rm -rf build takes them, too)
	find build -mindepth 1 -maxdepth 1 ! -name vendor -exec rm -rf {} + 2>/dev/null || true

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

.PHONY: all run test unit asan lint bench fuzz fuzz-replay tools vendor install clean help

# ---- programs

# The page cache keeps a file as it was written, strip(1) writes small pieces, and a program is mapped faster from large ones: what is run is a
# copy, as an installed one is. 5 % of an exec.
build/lxcbox: build/lxcbox.debug
	strip -o $@.part $<
	cp $@.part $@.copy
	mv $@.copy $@
	rm $@.part

build/lxcbox.debug: $(call objects,musl,$(CODE))
	$(call say,LINK,$(LINK_musl) -o $@ $(filter %.o,$^) $(LIBS))

build/asan/lxcbox: $(call objects,asan,$(CODE))
	$(call say,LINK,$(LINK_asan) -o $@ $(filter %.o,$^) $(LIBS))

build/musl/unit: $(call objects,musl,$(PARTS) $(UNIT))
	$(call say,LINK,$(LINK_musl) -o $@ $(filter %.o,$^) $(LIBS))

build/asan/unit: $(call objects,asan,$(PARTS) $(UNIT))
	$(call say,LINK,$(LINK_asan) -o $@ $(filter %.o,$^) $(LIBS))

# A program is linked anew when any library was built anew.
build/lxcbox.debug build/musl/unit $(TOOLS) $(BENCHES): build/vendor/musl/ready-$(VENDOR)
build/asan/lxcbox build/asan/unit $(FUZZ:%=build/fuzz/%) $(FUZZ:%=build/asan/fuzz/%): build/vendor/asan/ready-$(VENDOR)

# Fuzz targets: with clang's engine, and with a main() that replays the seeds it is given.
$(FUZZ:%=build/fuzz/%): build/fuzz/%: build/fuzz/obj/test/fuzz/%.o $(call objects,fuzz,$(PARTS))
	$(call say,LINK,$(LINK_fuzz) -o $@ $(filter %.o,$^) $(LIBS))

$(FUZZ:%=build/asan/fuzz/%): build/asan/fuzz/%: build/asan/obj/test/fuzz/%.o $(call objects,asan,test/fuzz/replay.c $(PARTS))
	@mkdir -p $(@D)
	$(call say,LINK,$(LINK_asan) -o $@ $(filter %.o,$^) $(LIBS))

# Helpers of the tests: a program per file, on its own.
$(TOOLS): build/test/%: build/musl/obj/test/tools/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$(LINK_musl) -o $@ $(filter %.o,$^) $(LIBS))

$(BENCHES): build/bench/%: build/musl/obj/test/bench/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$(LINK_musl) -o $@ $(filter %.o,$^) $(LIBS))

# ---- objects

# -MD, not -MMD: a library's header that changed builds anew what includes it, and only that.
define compile
@mkdir -p $(@D)
$(call say,CC,$(CC_$1) $(CFLAGS_$1) $(DEFINES) -MD -MP -c -o $@ $<)
endef

build/musl/obj/%.o: %.c Makefile | build/vendor/musl/ready-$(VENDOR)
	$(call compile,musl)

build/asan/obj/%.o: %.c Makefile | build/vendor/asan/ready-$(VENDOR)
	$(call compile,asan)

build/fuzz/obj/%.o: %.c Makefile | build/vendor/asan/ready-$(VENDOR) build/fuzz/tools
	$(call compile,fuzz)

-include $(foreach f,musl asan fuzz,$(patsubst %.o,%.d,$(call objects,$f,$(CODE) $(UNIT) $(wildcard test/*/*.c))))

build/fuzz/tools:
	@scripts/need clang clang-fuzzer
	@mkdir -p $(@D) && touch $@

# AppArmor profiles: vendor/apparmor/NAME.aa is compiled here into a policy that the kernel takes as it is, and
# runtime/isolate/lsm.c embeds it:  .incbin LSM_BLOB_DIR "/NAME.bin"
# The features are pinned to ABI 3.0, so that the result is the same on every build host and loads on old kernels.
BLOBS := $(patsubst vendor/apparmor/%.aa,build/apparmor/%.bin,$(wildcard vendor/apparmor/*.aa))
LSM   := $(foreach f,musl asan fuzz,build/$f/obj/runtime/isolate/lsm.o)

$(LSM): $(BLOBS)
$(LSM): private DEFINES = -DLSM_BLOB_DIR='"build/apparmor"'

$(BLOBS): vendor/apparmor/guarded

build/apparmor/%.bin: vendor/apparmor/%.aa
	@scripts/need apparmor_parser
	@mkdir -p $(@D)
	$(call say,AA,PATH=$$PATH:/sbin:/usr/sbin apparmor_parser -Q -K -M /etc/apparmor.d/abi/3.0 -o $@ $<)

# ---- libraries

$(foreach f,musl asan,build/vendor/$f/ready-$(VENDOR)): build/vendor/%/ready-$(VENDOR): build/vendor/fetched-$(VENDOR)
	+@$(MAKE) --no-print-directory -f vendor/Makefile FLAVOUR=$*
	@rm -f $(@D)/ready-* && touch $@

build/vendor/fetched-$(VENDOR):
	@scripts/need gcc gcc-ar ar make patch tar xz gzip sha256sum libc-headers
	@scripts/fetch
	@rm -f $(@D)/fetched-* && touch $@
