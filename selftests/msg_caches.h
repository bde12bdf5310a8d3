/* SPDX-License-Identifier: GPL-2.0 */
/* The caches that the kernel keeps the bytes of messages in. */
#ifndef KIPC_MSG_CACHES_H
#define KIPC_MSG_CACHES_H

#include "slab.h"

/* Each cache, and a size that only a message of that cache has. */
static const struct message_cache {
	const char *name;
	size_t size;
} message_caches[] = {
	{ "kipc_msg_80", 8 },
	{ "kipc_msg_400", 200 },
	{ "kipc_msg_912", 700 },
	{ "kipc_msg_1936", 1500 },
	{ "kipc_msg_4224", 3000 },
};

/* Give back what the caches keep. */
static inline void message_caches_shrink(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(message_caches); i++)
		slab_shrink(message_caches[i].name);
}

#endif /* KIPC_MSG_CACHES_H */
