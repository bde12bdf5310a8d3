/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before all else where clang builds the module for a kernel that gcc has built, whose
 * configuration says what gcc can do. In assembly clang prints a variable of a CPU without the
 * segment that it is in, and the memory at its bare address would be changed.
 */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_USE_X86_SEG_SUPPORT
