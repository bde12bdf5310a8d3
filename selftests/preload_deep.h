/* SPDX-License-Identifier: GPL-2.0 */
/* The library preload_deep.c as bytes; the Makefile gives its path as DEEP. */
#ifndef KIPC_PRELOAD_DEEP_H
#define KIPC_PRELOAD_DEEP_H

/* As locals both would be one entry of arm64's global offset table. */
__asm__(".pushsection .rodata\n"
	".globl deep_begin, deep_end\n"
	"deep_begin: .incbin \"" DEEP "\"\n"
	"deep_end:\n"
	".popsection\n");

extern const char deep_begin[] __attribute__((visibility("hidden")));
extern const char deep_end[] __attribute__((visibility("hidden")));

#endif /* KIPC_PRELOAD_DEEP_H */
