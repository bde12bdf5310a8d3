# SPDX-License-Identifier: GPL-2.0
# The front door. "make help" says what there is. The module's own build is in
# Kbuild, everything with more than a few lines of shell in scripts/ and qemu/.

PREFIX ?= /usr/local
# the kernel of qemu/kernels that the VM runs
KERNEL ?= 6.1
# its architecture, amd64 or arm64
ARCH ?= $(if $(filter %-arm64,$(KERNEL)),arm64,amd64)
# the selftest or bench programs to run; all if empty
T ?=

B := build
HOST_KDIR := $(wildcard /lib/modules/$(shell uname -r)/build)
# for "make" and "make install"; the VM's targets always build for the VM's kernel
KDIR ?= $(HOST_KDIR)

vm_arch := $(if $(filter amd64 x86_64 x86,$(ARCH)),amd64,$(ARCH))
# its name in qemu/kernels
vm_suffix := $(if $(filter-out amd64,$(vm_arch)),-$(vm_arch))
vm_kernel = $(KERNEL:%-$(vm_arch)=%)$(vm_suffix)

vm_kdir = $(B)/kernels/$(vm_kernel)/kdir
vm_cc = $(shell awk '$$1 == "$(vm_kernel)" { print $$5 }' qemu/kernels)

export BUILD := $(CURDIR)/$(B)
export T MINUTES SEED PROGRAM MINIMIZE MISTAKE ARGS
# what builds the kernel builds the module, too, but where it is clang that is asked for
override COMPILER := $(filter-out gcc,$(COMPILER))
export COMPILER
# more words for the kernel's command line
export APPEND
# it would reach the kernel's own make
unexport ARCH

all: module programs

help:
	@cat scripts/help.txt

setup:
	@scripts/setup.sh $(vm_arch)

# --- what is built

ifneq ($(KDIR),)
module: setup
	@$(if $(CROSS_COMPILE),,$(get_cross))
	scripts/build-module.sh host $(KDIR) \
		$(if $(cross),ARCH=$(vm_arch) CROSS_COMPILE=$(or $(CROSS_COMPILE),$(cross)))
else
module: vm-module
	@echo "No headers of the running kernel ($(shell uname -r)) were found, so the module was" \
	      "built for the VM's kernel: $(B)/$(vm_kernel)/src/kipc.ko. For another kernel give KDIR=."
endif

# where the programs for that architecture are built, and by what
P := $(BUILD)$(if $(filter-out amd64,$(vm_arch)),/$(vm_arch))
cross_arm64 := $(BUILD)/cross/arm64/bin/aarch64-linux-gnu-
cross := $(cross_$(vm_arch))
get_cross := $(if $(cross),qemu/fetch-cross.sh $(vm_arch))
cross_tools := $(if $(cross),CC=$(cross)gcc AR=$(cross)ar)
# 32-bit programs are for amd64 only
lib32 := $(if $(cross),,$(P)/lib32)
# on all CPUs, unless told otherwise
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
make_in = flock $(B)/lock/$(subst /,-,$(1))-$(vm_arch) $(MAKE) -s $(jobs) -C $(1) $(cross_tools)

# all but the tests
userland: setup
	@mkdir -p $(B)/lock
	@$(get_cross)
	@$(call make_in,lib) O=$(P)/lib O32=$(lib32) PREFIX=$(PREFIX)
	@$(call make_in,tools) O=$(P)/bin
	@$(call make_in,lib/preload) O=$(P)/lib O32=$(lib32)
	@$(call make_in,bench) O=$(P)/bench
	@$(call make_in,examples) O=$(P)/examples

programs: userland $(B)/kselftest
	@$(call make_in,selftests/fuzz) O=$(P)/fuzz
	@$(call make_in,selftests) O=$(P)/selftests HARNESS=$(BUILD)/kselftest \
		LIB=$(P)/lib LIB32=$(lib32)

$(B)/kselftest: | setup
	@qemu/fetch-source.sh debug
	@ln -sfn linux-source/tools/tools/testing/selftests $@

# --- the VM

# those that a goal runs on
kernels = $(vm_kernel)
# before anything else that it needs
args-%:
	@KERNELS="$(kernels)" scripts/check-args.sh $*

vm-kernel: setup
	@qemu/get-kernel.sh '$(vm_kernel)'

vm-module: vm-kernel
	@$(get_cross)
	qemu/build-module.sh $(vm_kernel) $(if $(filter gcov,$(vm_kernel)),GCOV_PROFILE=y)

vm-image: vm-kernel
	@qemu/make-image.sh $(vm_kernel)

vm: vm-module vm-image programs

run: args-run vm-module vm-image userland
	@qemu/run.sh demo $(vm_kernel)

shell: args-shell vm
	@qemu/run.sh shell $(vm_kernel)

test: args-test vm
	@qemu/run.sh test $(vm_kernel)

# all kernels, each in a make of its own
matrix: kernels = $(KERNELS)
matrix: args-matrix
	@scripts/matrix.sh

# where it says how long, and not how long at most
ifeq ($(origin MINUTES),undefined)
differential: MINUTES = 10
# to leave something out of a program takes many runs
fuzz: MINUTES = $(if $(MINIMIZE),1,3)
endif

# the kernel's own objects and kipc's, longer than "test" does, from other seeds
DIFF_SEED ?= $(shell date +%s)
differential: args-differential vm
	@MINUTES= T="$(or $(T),diff_sysv_test diff_pipe_test)" DIFF_SECONDS=$$(($(MINUTES) * 30)) \
		DIFF_SEED=$(DIFF_SEED) qemu/run.sh test $(vm_kernel)

# Without KERNEL=, on both of those that look for errors.
ifeq ($(origin KERNEL),file)
controls: kernels = debug$(vm_suffix) kcsan$(vm_suffix)
endif
controls: args-controls programs
	@for kernel in $(kernels); do \
		$(MAKE) -s vm vm-faulty KERNEL=$$kernel || exit; \
	done
	@scripts/controls.sh $(kernels)

coverage: args-coverage vm
	@scripts/coverage.sh

vm-faulty: vm-kernel
	PARTS="Kbuild faulty.c faulty.h unseen.c" TREE=selftests/faulty \
		scripts/build-module.sh $(vm_kernel)/faulty $(vm_kdir) CC=$(vm_cc)

bench: args-bench vm-module vm-image userland
	@scripts/bench.sh $(vm_kernel)

# their own kernels, if none is asked for
ifeq ($(origin KERNEL),file)
coverage: KERNEL = gcov
apps: KERNEL = bare
fuzz: KERNEL = debug
endif
apps: args-apps vm-module userland
	@qemu/make-image.sh $(vm_kernel) apps
	@qemu/run.sh apps $(vm_kernel)

fuzz: args-fuzz vm-image programs
	@scripts/fuzz$(if $(MINIMIZE),-minimize).sh $(vm_kernel)

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
	rm -rf $(filter-out $(addprefix $(B)/,apt cross fuzz image kernels linux-source kselftest lock kvm-works),$(wildcard $(B)/*))
	rm -f $(B)/fuzz/kipc_fuzz $(B)/fuzz/.*.[od]

distclean:
	rm -rf $(B)

.PHONY: all help setup module userland programs vm-kernel vm-module vm-image vm-faulty vm run \
	shell test matrix controls coverage bench apps fuzz check differential imports install \
	clean distclean
