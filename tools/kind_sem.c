// SPDX-License-Identifier: GPL-2.0
/* Semaphore sets, for the commands that know no kind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tool.h"

static const struct meaning make_meanings[] = {
	{ EINVAL,
	  "the instance allows no set of so many: the first number of 'kipc limits sem' says how many"
	},
	{ EEXIST,
	  "there is one of this key; 'kipc ls' shows it"
	},
	{ ENOSPC,
	  "a limit of the instance is reached; the second and last number of 'kipc limits sem' are those of all semaphores and of all sets"
	},
	{ ENOTTY,
	  "the module does not serve it; run 'kipc doctor' to see what does not fit"
	},
};

static const char *sem_make_problem(int err)
{
	return explain(make_meanings, ARRAY_SIZE(make_meanings), err);
}

static int sem_parse(const struct command *cmd, const char *text, struct make *make)
{
	return parse_count(cmd, text, "semaphores", &make->size);
}

static int sem_get(int device, struct kipc_sem_get *get, int *id)
{
	if (ioctl(device, KIPC_IOC_SEM_GET, get))
		return -errno;
	*id = get->id;
	return 0;
}

static int sem_make(int device, const struct make *make, int *id)
{
	struct kipc_sem_get get = {
		.key = make->key,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | make->flags,
		.nsems = make->size,
		.mode = make->mode,
	};

	if (make->options & MAKE_ROBUST)
		get.flags |= KIPC_SEM_ROBUST;
	return sem_get(device, &get, id);
}

static int sem_find(int device, int key, int *id)
{
	struct kipc_sem_get get = { .key = key };

	return sem_get(device, &get, id);
}

static int sem_read(int device, int id, __u32 flags, struct object *object)
{
	object->sems = NULL;
	object->sem = (struct kipc_sem_stat){ .perm.id = id, .flags = flags };
	if (ioctl(device, KIPC_IOC_SEM_STAT, &object->sem))
		return -errno;
	object->perm = object->sem.perm;
	return 0;
}

/* One by one, while others go on using them. */
static int sem_read_parts(int device, struct object *object)
{
	object->sems = calloc(object->sem.nsems, sizeof(*object->sems));
	if (!object->sems)
		return -ENOMEM;
	for (unsigned int i = 0; i < object->sem.nsems; i++) {
		struct kipc_sem_value *value = &object->sems[i];

		*value = (struct kipc_sem_value){ .id = object->perm.id, .num = i };
		if (ioctl(device, KIPC_IOC_SEM_GET_VALUE, value)) {
			int err = -errno;

			free(object->sems);
			return err;
		}
	}
	return 0;
}

static void sem_drop_parts(struct object *object)
{
	free(object->sems);
}

static int sem_open(int device, int id)
{
	struct kipc_sem_open open = {
		.id = id,
		.flags = KIPC_SEM_RDONLY | KIPC_SEM_CLOEXEC,
	};

	return ioctl(device, KIPC_IOC_SEM_OPEN, &open) ? -1 : open.fd;
}

static int sem_highest(int device, int *index)
{
	struct kipc_sem_info info = { };

	if (ioctl(device, KIPC_IOC_SEM_INFO, &info))
		return -errno;
	*index = info.max_index;
	return 0;
}

static int sem_remove(int device, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(device, KIPC_IOC_SEM_REMOVE, &remove) ? -errno : 0;
}

static void sem_print_row(const struct object *object)
{
	const struct kipc_sem_stat *sem = &object->sem;

	printf("%6u %7u %7u %5u%s", sem->nsems, sem->sleepers, sem->undos, sem->fds,
	       sem->robust ? " robust" : "");
}

static void sem_print_details(const struct object *object)
{
	const struct kipc_sem_stat *sem = &object->sem;

	printf("%-22s %u\n", "semaphores", sem->nsems);
	printf("%-22s %u\n", "waiting threads", sem->sleepers);
	printf("%-22s %u\n", "users of SEM_UNDO", sem->undos);
	printf("%-22s %u\n", "open descriptors", sem->fds);
	printf("%-22s %s\n", "robust", sem->robust ? "yes" : "no");
	print_time("last operation", sem->otime);
	print_time("changed last", sem->ctime);
	printf("%9s %6s %10s %7s %7s %s\n", "SEMAPHORE", "VALUE", "PID", "NCNT", "ZCNT", "STATUS");
	for (unsigned int i = 0; i < sem->nsems; i++) {
		const struct kipc_sem_value *value = &object->sems[i];

		printf("%9u %6d %10d %7u %7u%s\n", i, value->value, value->pid, value->ncnt,
		       value->zcnt, value->dead ? " dead" : "");
	}
}

static void sem_print_json(const struct object *object)
{
	const struct kipc_sem_stat *sem = &object->sem;

	print_json_number("nsems", sem->nsems);
	print_json_number("sleepers", sem->sleepers);
	print_json_number("undos", sem->undos);
	print_json_number("fds", sem->fds);
	printf(", \"robust\": %s", sem->robust ? "true" : "false");
	print_json_number("otime", sem->otime);
	print_json_number("ctime", sem->ctime);
	/* of a list they were not read */
	if (!object->sems)
		return;
	printf(", \"semaphores\": [");
	for (unsigned int i = 0; i < sem->nsems; i++) {
		const struct kipc_sem_value *value = &object->sems[i];

		printf("%s{\"value\": %d", i ? ", " : "", value->value);
		print_json_number("pid", value->pid);
		print_json_number("ncnt", value->ncnt);
		print_json_number("zcnt", value->zcnt);
		printf(", \"dead\": %s}", value->dead ? "true" : "false");
	}
	printf("]");
}

const struct kind kind_sem = {
	.name = "sem",
	.noun = "semaphore set",
	.title = "semaphore sets",
	.argument = "NUMBER",
	.make_options = MAKE_ROBUST,
	.columns = " NSEMS WAITING   UNDOS   FDS STATUS",
	.parse = sem_parse,
	.make = sem_make,
	.make_problem = sem_make_problem,
	.find = sem_find,
	.read = sem_read,
	.read_parts = sem_read_parts,
	.drop_parts = sem_drop_parts,
	.open = sem_open,
	.highest = sem_highest,
	.remove = sem_remove,
	.print_row = sem_print_row,
	.print_details = sem_print_details,
	.print_json = sem_print_json,
};
