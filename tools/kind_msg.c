// SPDX-License-Identifier: GPL-2.0
/* Message queues, for the commands that know no kind. */
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
	  "the instance has as many as it may have; 'kipc limits msgmni' shows how many"
	},
	{ ENOTTY,
	  "the module does not serve it; run 'kipc doctor' to see what does not fit"
	},
};

static const char *msg_make_problem(int err)
{
	return explain(make_meanings, ARRAY_SIZE(make_meanings), err);
}

static int msg_get(int device, struct kipc_msg_get *get, int *id)
{
	if (ioctl(device, KIPC_IOC_MSG_GET, get))
		return -errno;
	*id = get->id;
	return 0;
}

static int msg_make(int device, const struct make *make, int *id)
{
	struct kipc_msg_get get = {
		.key = make->key,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | make->flags,
		.mode = make->mode,
	};

	return msg_get(device, &get, id);
}

static int msg_find(int device, int key, int *id)
{
	struct kipc_msg_get get = { .key = key };

	return msg_get(device, &get, id);
}

static int msg_read(int device, int id, __u32 flags, struct object *object)
{
	object->msg = (struct kipc_msg_stat){ .perm.id = id, .flags = flags };
	if (ioctl(device, KIPC_IOC_MSG_STAT, &object->msg))
		return -errno;
	object->perm = object->msg.perm;
	return 0;
}

static int msg_open(int device, int id)
{
	struct kipc_msg_open open = {
		.id = id,
		.flags = KIPC_MSG_RDONLY | KIPC_MSG_CLOEXEC,
	};

	return ioctl(device, KIPC_IOC_MSG_OPEN, &open) ? -1 : open.fd;
}

static int msg_highest(int device, int *index)
{
	struct kipc_msg_info info = { };

	if (ioctl(device, KIPC_IOC_MSG_INFO, &info))
		return -errno;
	*index = info.max_index;
	return 0;
}

static int msg_remove(int device, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(device, KIPC_IOC_MSG_REMOVE, &remove) ? -errno : 0;
}

static void msg_print_row(const struct object *object)
{
	const struct kipc_msg_stat *msg = &object->msg;

	printf("%6llu %8llu %7llu %7u %9u %3u", msg->cbytes, msg->qnum, msg->qbytes,
	       msg->senders, msg->receivers, msg->fds);
}

static void msg_print_details(const struct object *object)
{
	const struct kipc_msg_stat *msg = &object->msg;
	char text[32];

	printf("%-22s %llu\n", "messages", msg->qnum);
	printf("%-22s %s\n", "their bytes", format_size(msg->cbytes, text, sizeof(text)));
	printf("%-22s %s\n", "may hold", format_size(msg->qbytes, text, sizeof(text)));
	printf("%-22s %u\n", "waiting senders", msg->senders);
	printf("%-22s %u\n", "waiting receivers", msg->receivers);
	printf("%-22s %u\n", "open descriptors", msg->fds);
	print_time("sent last", msg->stime);
	print_time("received last", msg->rtime);
	print_time("changed last", msg->ctime);
	printf("%-22s %d\n", "sender's process", msg->lspid);
	printf("%-22s %d\n", "receiver's process", msg->lrpid);
}

static void msg_print_json(const struct object *object)
{
	const struct kipc_msg_stat *msg = &object->msg;

	print_json_number("cbytes", msg->cbytes);
	print_json_number("qnum", msg->qnum);
	print_json_number("qbytes", msg->qbytes);
	print_json_number("senders", msg->senders);
	print_json_number("receivers", msg->receivers);
	print_json_number("fds", msg->fds);
	print_json_number("stime", msg->stime);
	print_json_number("rtime", msg->rtime);
	print_json_number("ctime", msg->ctime);
	print_json_number("lspid", msg->lspid);
	print_json_number("lrpid", msg->lrpid);
}

const struct kind kind_msg = {
	.name = "msg",
	.noun = "message queue",
	.title = "message queues",
	.columns = " BYTES MESSAGES  QBYTES SENDERS RECEIVERS FDS",
	.make = msg_make,
	.make_problem = msg_make_problem,
	.find = msg_find,
	.read = msg_read,
	.open = msg_open,
	.highest = msg_highest,
	.remove = msg_remove,
	.print_row = msg_print_row,
	.print_details = msg_print_details,
	.print_json = msg_print_json,
};
