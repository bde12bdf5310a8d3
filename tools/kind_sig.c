// SPDX-License-Identifier: GPL-2.0
/* Signal queues, for the commands that know no kind. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tool.h"

static const struct meaning make_meanings[] = {
	{ EEXIST,
	  "there is one of this key; 'kipc ls' shows it"
	},
	{ ENOSPC,
	  "the instance has as many as it may have; 'kipc limits sigmni' shows how many"
	},
	{ ENOTTY,
	  "the module does not serve it; run 'kipc doctor' to see what does not fit"
	},
};

static const char *sig_make_problem(int err)
{
	return explain(make_meanings, ARRAY_SIZE(make_meanings), err);
}

static int sig_get(int device, struct kipc_sig_get *get, int *id)
{
	if (ioctl(device, KIPC_IOC_SIG_GET, get))
		return -errno;
	*id = get->id;
	return 0;
}

static int sig_make(int device, const struct make *make, int *id)
{
	struct kipc_sig_get get = {
		.key = make->key,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | make->flags,
		.mode = make->mode,
	};

	return sig_get(device, &get, id);
}

static int sig_find(int device, int key, int *id)
{
	struct kipc_sig_get get = { .key = key };

	return sig_get(device, &get, id);
}

static int sig_read(int device, int id, __u32 flags, struct object *object)
{
	object->sig = (struct kipc_sig_stat){ .perm.id = id, .flags = flags };
	if (ioctl(device, KIPC_IOC_SIG_STAT, &object->sig))
		return -errno;
	object->perm = object->sig.perm;
	return 0;
}

/* There is no descriptor but to send by, or to subscribe. */
static int sig_open(int device, int id)
{
	struct kipc_sig_open open = { .id = id, .flags = KIPC_SIG_CLOEXEC };

	return ioctl(device, KIPC_IOC_SIG_OPEN, &open) ? -1 : open.fd;
}

static int sig_highest(int device, int *index)
{
	struct kipc_sig_info info = { };

	if (ioctl(device, KIPC_IOC_SIG_INFO, &info))
		return -errno;
	*index = info.max_index;
	return 0;
}

static int sig_remove(int device, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(device, KIPC_IOC_SIG_REMOVE, &remove) ? -errno : 0;
}

static void sig_print_row(const struct object *object)
{
	const struct kipc_sig_stat *sig = &object->sig;

	printf("%8llu %8llu %11u %7u %5u", sig->queued, sig->limit, sig->subscribers,
	       sig->waiters, sig->fds);
}

static void sig_print_details(const struct object *object)
{
	const struct kipc_sig_stat *sig = &object->sig;

	printf("%-22s %llu\n", "signals that wait", sig->queued);
	printf("%-22s %016llx\n", "for any subscriber", sig->pending);
	printf("%-22s %llu\n", "may wait", sig->limit);
	printf("%-22s %u\n", "subscribers", sig->subscribers);
	printf("%-22s %u\n", "waiting threads", sig->waiters);
	printf("%-22s %u\n", "open descriptors", sig->fds);
	printf("%-22s %llu\n", "sent so far", sig->sent);
	printf("%-22s %llu\n", "taken of these", sig->taken);
	printf("%-22s %llu\n", "made real signals", sig->delivered);
	printf("%-22s %llu\n", "merged", sig->merged);
	printf("%-22s %llu\n", "ignored", sig->ignored);
	printf("%-22s %llu\n", "dropped", sig->dropped);
	printf("%-22s %llu\n", "refused besides", sig->refused);
	print_time("sent last", sig->stime);
	print_time("taken last", sig->rtime);
	print_time("changed last", sig->ctime);
	printf("%-22s %d\n", "sender's process", sig->lspid);
	printf("%-22s %d\n", "taker's process", sig->lrpid);
}

static void sig_print_json(const struct object *object)
{
	const struct kipc_sig_stat *sig = &object->sig;

	print_json_number("queued", sig->queued);
	print_json_number("pending", sig->pending);
	print_json_number("limit", sig->limit);
	print_json_number("subscribers", sig->subscribers);
	print_json_number("waiting", sig->waiters);
	print_json_number("fds", sig->fds);
	print_json_number("sent", sig->sent);
	print_json_number("taken", sig->taken);
	print_json_number("delivered", sig->delivered);
	print_json_number("merged", sig->merged);
	print_json_number("ignored", sig->ignored);
	print_json_number("dropped", sig->dropped);
	print_json_number("refused", sig->refused);
	print_json_number("stime", sig->stime);
	print_json_number("rtime", sig->rtime);
	print_json_number("ctime", sig->ctime);
	print_json_number("lspid", sig->lspid);
	print_json_number("lrpid", sig->lrpid);
}

const struct kind kind_sig = {
	.name = "sig",
	.noun = "signal queue",
	.title = "signal queues",
	.columns = "  QUEUED    LIMIT SUBSCRIBERS WAITING   FDS",
	.make = sig_make,
	.make_problem = sig_make_problem,
	.find = sig_find,
	.read = sig_read,
	.open = sig_open,
	.highest = sig_highest,
	.remove = sig_remove,
	.print_row = sig_print_row,
	.print_details = sig_print_details,
	.print_json = sig_print_json,
};
