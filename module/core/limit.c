// SPDX-License-Identifier: GPL-2.0
/* Limits of an instance: names, defaults, ranges; see limit.h. */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "core/limit.h"
#include "core/table.h"

/* As far as the kernel's: what is left of an unsigned long for sums. */
#define KIPC_SHM_MAX	(ULONG_MAX - BIT(24))

/* As many as a semaphore's number can tell apart. */
#define KIPC_SEM_NR_MAX	65536

/*
 * A call of so many operations is looked at without a pause, once for each thread that waits
 * and each file that polls. More is not for everybody who may mount.
 */
#define KIPC_SEM_OPS_ANYBODY	500

/**
 * struct kipc_limit_row - what is known of a limit
 * @name: as of the mount option
 * @init: default
 * @max: largest value that can be set; the least is 0
 */
struct kipc_limit_row {
	const char *name;
	unsigned long init;
	unsigned long max;
};

static const struct kipc_limit_row kipc_limit_rows[KIPC_LIMIT_NR] = {
	[KIPC_LIMIT_SHMMAX] = { "shmmax", KIPC_SHM_MAX, ULONG_MAX },
	[KIPC_LIMIT_SHMALL] = { "shmall", KIPC_SHM_MAX, ULONG_MAX },
	[KIPC_LIMIT_SHMMNI] = { "shmmni", 4096, KIPC_INDEX_NR },
	[KIPC_LIMIT_SHM_RMID_FORCED] = { "shm_rmid_forced", 0, 1 },
	[KIPC_LIMIT_SEMMSL] = { "semmsl", 32000, KIPC_SEM_NR_MAX },
	[KIPC_LIMIT_SEMMNS] = { "semmns", 1024000000, INT_MAX },
	[KIPC_LIMIT_SEMOPM] = { "semopm", KIPC_SEM_OPS_ANYBODY, KIPC_SEM_NR_MAX },
	[KIPC_LIMIT_SEMMNI] = { "semmni", 32000, KIPC_INDEX_NR },
	[KIPC_LIMIT_MSGMAX] = { "msgmax", 8192, INT_MAX },
	[KIPC_LIMIT_MSGMNB] = { "msgmnb", 16384, INT_MAX },
	[KIPC_LIMIT_MSGMNI] = { "msgmni", 32000, KIPC_INDEX_NR },
	[KIPC_LIMIT_SIGQMAX] = { "sigqmax", 1024, INT_MAX },
	[KIPC_LIMIT_SIGMNI] = { "sigmni", 32000, KIPC_INDEX_NR },
	[KIPC_LIMIT_SHM_NEXT_ID] = { "shm_next_id", KIPC_NEXT_ID_ANY, INT_MAX },
	[KIPC_LIMIT_SEM_NEXT_ID] = { "sem_next_id", KIPC_NEXT_ID_ANY, INT_MAX },
	[KIPC_LIMIT_MSG_NEXT_ID] = { "msg_next_id", KIPC_NEXT_ID_ANY, INT_MAX },
	[KIPC_LIMIT_SIG_NEXT_ID] = { "sig_next_id", KIPC_NEXT_ID_ANY, INT_MAX },
};

/**
 * kipc_limits_init - set all limits to their defaults
 * @limits: the limits of a new instance
 */
void kipc_limits_init(struct kipc_limits *limits)
{
	int i;

	for (i = 0; i < KIPC_LIMIT_NR; i++)
		limits->value[i] = kipc_limit_rows[i].init;
}

/**
 * kipc_limit_name - name of a limit
 * @limit: which
 *
 * Return: a constant string.
 */
const char *kipc_limit_name(enum kipc_limit limit)
{
	return kipc_limit_rows[limit].name;
}

/**
 * kipc_limit_default - default of a limit
 * @limit: which
 *
 * Return: the value.
 */
unsigned long kipc_limit_default(enum kipc_limit limit)
{
	return kipc_limit_rows[limit].init;
}

/**
 * kipc_limit_parse - read a limit from text
 * @limit: which
 * @text: a number, decimal, octal or hexadecimal, and perhaps one of the suffixes
 *	k, m, g, t; nothing else
 * @value: where to leave the value
 *
 * Return: 0, or -EINVAL when @text is no number or is out of the limit's range.
 */
int kipc_limit_parse(enum kipc_limit limit, const char *text,
		     unsigned long *value)
{
	unsigned long long number;
	unsigned int shift = 0;
	char digits[32];
	size_t len = strlen(text);

	if (!len || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len + 1);
	switch (digits[len - 1] | 0x20) {
	case 't':
		shift += 10;
		fallthrough;
	case 'g':
		shift += 10;
		fallthrough;
	case 'm':
		shift += 10;
		fallthrough;
	case 'k':
		shift += 10;
		digits[len - 1] = '\0';
	}
	if (kstrtoull(digits, 0, &number))
		return -EINVAL;
	if (number > kipc_limit_rows[limit].max >> shift)
		return -EINVAL;
	*value = number << shift;
	return 0;
}

/**
 * kipc_limit_permits - may the caller set a limit to this value?
 * @limits: the limits of the instance
 * @limit: which
 * @value: a value that kipc_limit_parse() has accepted
 *
 * Return: true if so. What it is already is permitted: a remount names all limits, and
 * files have several in a row.
 */
bool kipc_limit_permits(const struct kipc_limits *limits,
			enum kipc_limit limit, unsigned long value)
{
	return limit != KIPC_LIMIT_SEMOPM || value <= KIPC_SEM_OPS_ANYBODY ||
	       value <= kipc_limit_get(limits, limit) ||
	       capable(CAP_SYS_RESOURCE);
}

/**
 * kipc_limit_print - write a limit as text
 * @limit: which
 * @value: its value
 * @buf: where to
 * @size: bytes of @buf
 *
 * Return: length of the text.
 */
int kipc_limit_print(enum kipc_limit limit, unsigned long value, char *buf,
		     size_t size)
{
	if (kipc_limit_rows[limit].max == ULONG_MAX)
		return scnprintf(buf, size, "%lu", value);
	return scnprintf(buf, size, "%d", (int)value);
}

/**
 * kipc_limit_charge - count against a limit
 * @used: the counter; never negative
 * @nr: how many more
 * @limit: how many there may be
 *
 * Return: 0, or -ENOSPC when the limit would be passed; then nothing is counted.
 */
int kipc_limit_charge(atomic_long_t *used, unsigned long nr,
		      unsigned long limit)
{
	long sum = atomic_long_read(used);

	/* Not added before it is known to fit: others must not see it. */
	do {
		if (nr > limit || (unsigned long)sum > limit - nr)
			return -ENOSPC;
	} while (!atomic_long_try_cmpxchg(used, &sum, sum + nr));
	return 0;
}
