/* SPDX-License-Identifier: GPL-2.0 */
/* The library preload_deep.c as bytes; the Makefile gives its path as DEEP. */
#ifndef KIPC_PRELOAD_DEEP_H
#define KIPC_PRELOAD_DEEP_H

__asm__(".pushsection .rodata\n"
	"deep_begin: .incbin \"" DEEP "\"\n"
	"deep_end:\n"
	".popsection\n");

extern const char deep_begin[];
extern const char deep_end[];

#endif /* KIPC_PRELOAD_DEEP_H */
