/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of 'kipc exec': where libkipc-preload.so is and whether the program will load
 * it, mounts of one's own, and what is left behind.
 *
 * Functions that return int give 0, or -1 after a message.
 */
#ifndef KIPC_EXEC_H
#define KIPC_EXEC_H

#include <limits.h>

#include "tool.h"

/* kipc itself failed, as env(1), timeout(1) and others say that */
#define EXIT_EXEC	125

/**
 * struct program - what is known of a program before it is run
 * @path: where it is
 * @bits: of its address space, 32 or 64; that of this program if it is not known
 * @deaf: why it will not load a preloaded library, or NULL
 */
struct program {
	char path[PATH_MAX];
	int bits;
	const char *deaf;
};

/**
 * struct space - the mounts of a program's own
 * @directory: where its instance is mounted, or empty
 * @made: that is new, and is to be unmounted in the end
 */
struct space {
	char directory[PATH_MAX];
	bool made;
};

/**
 * struct snapshot - the objects that an instance has
 * @lists: one of each kind
 */
struct snapshot {
	struct list *lists;
};

/* exec_shim.c */
int program_find(const char *name, struct program *program);
const char *shim_locate(int bits, char path[PATH_MAX]);
int shim_preload(const char *path);

/* exec_space.c */
int space_make(struct space *space, bool fresh);
void space_end(struct space *space, int *processes);

/* exec_report.c */
int snapshot_take(int device, struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot);
int snapshot_report(const struct snapshot *before, const struct snapshot *after, bool json);

#endif /* KIPC_EXEC_H */
