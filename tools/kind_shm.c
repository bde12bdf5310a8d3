// SPDX-License-Identifier: GPL-2.0
/* Shared memory segments, for the commands that know no kind. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tool.h"

static const struct meaning make_meanings[] = {
	{ EINVAL,
	  "the instance allows no segment of that size; 'kipc limits shmmax' shows the largest"
	},
	{ EEXIST,
	  "there is one of this key; 'kipc ls' shows it"
	},
	{ ENOSPC,
	  "a limit of the instance is reached; see shmmni and shmall of 'kipc limits'"
	},
	{ ENOMEM,
	  "the system has not so much memory and swap space left to promise; --no-reserve asks for no promise"
	},
	{ ENOTTY,
	  "the module does not serve it; run 'kipc doctor' to see what does not fit"
	},
};

static const char *shm_make_problem(int err)
{
	return explain(make_meanings, ARRAY_SIZE(make_meanings), err);
}

static int shm_parse(const struct command *cmd, const char *text, struct make *make)
{
	return parse_size(cmd, text, &make->size);
}

static int shm_get(int device, struct kipc_shm_get *get, int *id)
{
	if (ioctl(device, KIPC_IOC_SHM_GET, get))
		return -errno;
	*id = get->id;
	return 0;
}

static int shm_make(int device, const struct make *make, int *id)
{
	struct kipc_shm_get get = {
		.key = make->key,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | make->flags,
		.size = make->size,
		.mode = make->mode,
	};

	if (make->options & MAKE_HUGE)
		get.flags |= KIPC_SHM_HUGE;
	if (make->options & MAKE_NO_HUGE)
		get.flags |= KIPC_SHM_NO_HUGE;
	if (make->options & MAKE_NO_RESERVE)
		get.flags |= KIPC_SHM_NORESERVE;
	return shm_get(device, &get, id);
}

static int shm_find(int device, int key, int *id)
{
	struct kipc_shm_get get = { .key = key };

	return shm_get(device, &get, id);
}

static int shm_read(int device, int id, __u32 flags, struct object *object)
{
	object->shm = (struct kipc_shm_stat){ .perm.id = id, .flags = flags };
	if (ioctl(device, KIPC_IOC_SHM_STAT, &object->shm))
		return -errno;
	object->perm = object->shm.perm;
	return 0;
}

static int shm_open(int device, int id)
{
	struct kipc_shm_open open = {
		.id = id,
		.flags = KIPC_SHM_RDONLY | KIPC_SHM_CLOEXEC,
	};

	return ioctl(device, KIPC_IOC_SHM_OPEN, &open) ? -1 : open.fd;
}

static int shm_highest(int device, int *index)
{
	struct kipc_shm_info info = { };

	if (ioctl(device, KIPC_IOC_SHM_INFO, &info))
		return -errno;
	*index = info.max_index;
	return 0;
}

static int shm_remove(int device, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(device, KIPC_IOC_SHM_REMOVE, &remove) ? -errno : 0;
}

static void shm_print_row(const struct object *object)
{
	const struct kipc_shm_stat *shm = &object->shm;
	bool dest = shm->perm.mode & KIPC_MODE_DEST;
	bool locked = shm->perm.mode & KIPC_MODE_LOCKED;

	printf("%14llu %6llu %5u%s%s", shm->size, shm->nattch, shm->fds,
	       dest ? " dest" : "", locked ? " locked" : "");
}

static void shm_print_details(const struct object *object)
{
	const struct kipc_shm_stat *shm = &object->shm;
	char text[32];

	printf("%-22s %s\n", "size", format_size(shm->size, text, sizeof(text)));
	printf("%-22s %s\n", "in memory", format_size(shm->rss, text, sizeof(text)));
	printf("%-22s %s\n", "in swap space", format_size(shm->swap, text, sizeof(text)));
	printf("%-22s %llu\n", "attachments", shm->nattch);
	printf("%-22s %u\n", "open descriptors", shm->fds);
	printf("%-22s %s\n", "locked", shm->perm.mode & KIPC_MODE_LOCKED ? "yes" : "no");
	printf("%-22s %s\n", "removed",
	       shm->perm.mode & KIPC_MODE_DEST ? "yes" : "no");
	print_time("attached last", shm->atime);
	print_time("detached last", shm->dtime);
	print_time("changed last", shm->ctime);
	printf("%-22s %d\n", "creator's process", shm->cpid);
	printf("%-22s %d\n", "last user's process", shm->lpid);
}

static void shm_print_json(const struct object *object)
{
	const struct kipc_shm_stat *shm = &object->shm;

	print_json_number("size", shm->size);
	print_json_number("nattch", shm->nattch);
	print_json_number("fds", shm->fds);
	print_json_number("rss", shm->rss);
	print_json_number("swap", shm->swap);
	print_json_number("atime", shm->atime);
	print_json_number("dtime", shm->dtime);
	print_json_number("ctime", shm->ctime);
	print_json_number("cpid", shm->cpid);
	print_json_number("lpid", shm->lpid);
	printf(", \"dest\": %s", shm->perm.mode & KIPC_MODE_DEST ? "true" : "false");
	printf(", \"locked\": %s", shm->perm.mode & KIPC_MODE_LOCKED ? "true" : "false");
}

const struct kind kind_shm = {
	.name = "shm",
	.noun = "shared memory segment",
	.title = "shared memory segments",
	.argument = "SIZE",
	.make_options = MAKE_HUGE | MAKE_NO_HUGE | MAKE_NO_RESERVE,
	.columns = "         BYTES NATTCH   FDS STATUS",
	.parse = shm_parse,
	.make = shm_make,
	.make_problem = shm_make_problem,
	.find = shm_find,
	.read = shm_read,
	.open = shm_open,
	.highest = shm_highest,
	.remove = shm_remove,
	.print_row = shm_print_row,
	.print_details = shm_print_details,
	.print_json = shm_print_json,
};
