// SPDX-License-Identifier: GPL-2.0
/*
 * dlopen(3) with RTLD_DEEPBIND, by which a library looks into its own dependencies, the C
 * library among them, before it looks at us. With KIPC_DEEPBIND=ignore the flag is taken
 * away.
 */
#include "shim.h"

#include <dlfcn.h>

static void *next;

/* Not when it is called: who calls may hold locks of the dynamic linker. */
static __attribute__((constructor)) void find_next(void)
{
	shim_next(&next, "dlopen");
}

/*
 * The next function looks at its return address to know whose search path counts. So it
 * must be reached by a jump, which the compiler makes of the last call of a function.
 */
void *dlopen(const char *file, int mode)
{
	__typeof__(dlopen) *function = __atomic_load_n(&next, __ATOMIC_RELAXED);

	if (shim_config()->ignore_deepbind)
		mode &= ~RTLD_DEEPBIND;
	if (!function)
		function = (__typeof__(dlopen) *)shim_next(&next, "dlopen");
	return function(file, mode);
}
