# SPDX-License-Identifier: GPL-2.0
# The front door. "make help" says what there is. The module's own build is in
# Kbuild, everything with more than a few lines of shell in scripts/ and qemu/.

PREFIX ?= /usr/local
# the kernel of qemu/kernels that the VM runs
KERNEL ?= 6.1
# the selftest or bench programs to run; all if empty
T ?=

B := build
HOST_KDIR := $(wildcard /lib/modules/$(shell uname -r)/build)
# for "make" and "make install"; the VM's targets always build for the VM's kernel
KDIR ?= $(HOST_KDIR)

vm_kdir = $(B)/kernels/$(KERNEL)/kdir
vm_cc = $(shell awk '$$1 == "$(KERNEL)" { print $$5 }' qemu/kernels)

export BUILD := $(CURDIR)/$(B)
export T MINUTES SEED PROGRAM ARGS
# more words for the kernel's command line
export APPEND

all: module programs

help:
	@cat scripts/help.txt

setup:
	@scripts/setup.sh

# --- what is built

ifneq ($(KDIR),)
module: setup
	scripts/build-module.sh host $(KDIR)
else
module: vm-module
	@echo "No headers of the running kernel ($(shell uname -r)) were found, so the module was" \
	      "built for the VM's kernel: $(B)/$(KERNEL)/src/kipc.ko. For another kernel give KDIR=."
endif

programs: $(B)/kselftest
	@mkdir -p $(B)/lock
	@flock $(B)/lock/lib $(MAKE) -s -C lib O=$(BUILD)/lib O32=$(BUILD)/lib32 PREFIX=$(PREFIX)
	@flock $(B)/lock/tools $(MAKE) -s -C tools O=$(BUILD)/bin
	@flock $(B)/lock/preload $(MAKE) -s -C lib/preload O=$(BUILD)/lib O32=$(BUILD)/lib32
	@flock $(B)/lock/bench $(MAKE) -s -C bench O=$(BUILD)/bench
	@flock $(B)/lock/examples $(MAKE) -s -C examples O=$(BUILD)/examples
	@flock $(B)/lock/fuzz $(MAKE) -s -C selftests/fuzz O=$(BUILD)/fuzz
	@flock $(B)/lock/selftests $(MAKE) -s -C selftests O=$(BUILD)/selftests \
		HARNESS=$(BUILD)/kselftest LIB=$(BUILD)/lib LIB32=$(BUILD)/lib32

$(B)/kselftest: | setup
	@qemu/fetch-source.sh debug
	@ln -sfn linux-source/tools/tools/testing/selftests $@

# --- the VM

vm-kernel: setup
	@qemu/get-kernel.sh '$(KERNEL)'

vm-module: vm-kernel
	scripts/build-module.sh $(KERNEL) $(vm_kdir) CC=$(vm_cc) $(if $(filter gcov,$(KERNEL)),GCOV_PROFILE=y)

vm: vm-module programs
	@qemu/make-image.sh $(KERNEL)

run: vm
	@qemu/run.sh demo $(KERNEL)

shell: vm
	@qemu/run.sh shell $(KERNEL)

test: vm
	@qemu/run.sh test $(KERNEL)

# the kernel's own objects and kipc's, longer than "test" does, from other seeds
MINUTES ?= 10
DIFF_SEED ?= $(shell date +%s)
differential: vm
	@T="diff_sysv_test diff_pipe_test" DIFF_SECONDS=$$(($(MINUTES) * 30)) \
		DIFF_SEED=$(DIFF_SEED) qemu/run.sh test $(KERNEL)

# Without KERNEL=, on both of those that look for errors.
ifeq ($(origin KERNEL),file)
controls: control_kernels = debug kcsan
else
controls: control_kernels = $(KERNEL)
endif
controls: programs
	@for kernel in $(control_kernels); do \
		$(MAKE) -s vm vm-faulty KERNEL=$$kernel || exit; \
	done
	@scripts/controls.sh $(control_kernels)

coverage: KERNEL = gcov
coverage: vm
	@scripts/coverage.sh

vm-faulty: vm-kernel
	PARTS="Kbuild faulty.c faulty.h unseen.c" TREE=selftests/faulty \
		scripts/build-module.sh $(KERNEL)/faulty $(vm_kdir) CC=$(vm_cc)

bench: vm
	@scripts/bench.sh $(KERNEL)

# their own kernels, if none is asked for
ifeq ($(origin KERNEL),file)
apps: KERNEL = bare
fuzz: KERNEL = debug
endif
apps: vm-module programs
	@qemu/make-image.sh $(KERNEL) apps
	@qemu/run.sh apps $(KERNEL)

ifeq ($(origin MINUTES),file)
fuzz: MINUTES = 3
endif
fuzz: vm-kernel programs
	@qemu/make-image.sh $(KERNEL)
	@scripts/fuzz$(if $(MINIMIZE),-minimize).sh $(KERNEL)

# --- the rest

check: setup $(B)/kselftest
	@qemu/get-kernel.sh 6.1
	@scripts/check.sh

# Accept the module's present imports as the promise that "make check" keeps.
imports:
	@$(MAKE) --no-print-directory vm-module KERNEL=6.1
	@scripts/imports.sh $(B)/6.1/src/kipc.ko > module/imports

install: all
	@scripts/install.sh "$(KDIR)" "$(DESTDIR)" "$(PREFIX)"

clean:
	rm -rf $(filter-out $(addprefix $(B)/,apt image kernels linux-source kselftest lock kvm-works),$(wildcard $(B)/*))

distclean:
	rm -rf $(B)

.PHONY: all help setup module programs vm-kernel vm-module vm-faulty vm run shell test controls \
	coverage bench apps fuzz check differential imports install clean distclean
