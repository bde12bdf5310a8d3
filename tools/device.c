// SPDX-License-Identifier: GPL-2.0
/* The way to an instance's node, and what to say when there is none. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

/* What an errno means here, and what to do about it */
struct meaning {
	int err;
	const char *text;
};

static const struct meaning device_meanings[] = {
	{ ENOENT,
	  "it does not exist; load the module (modprobe kipc) or name another node with --device"
	},
	{ ENXIO,
	  "no driver stands behind it; load the module (modprobe kipc)"
	},
	{ ENODEV,
	  "no driver stands behind it; load the module (modprobe kipc)"
	},
	{ EACCES,
	  "you may not open it; its mode should be 0666, as the objects carry the permissions"
	},
};

static const struct meaning call_meanings[] = {
	{ ENOTTY,
	  "it is not served there; run 'kipc doctor' to see what does not fit"
	},
	{ EMFILE,
	  "this process has no descriptor left; raise 'ulimit -n'"
	},
	{ ENFILE,
	  "the system has no descriptor left, or your pipes hold all that the module's parameter pipe_user_pages allows"
	},
	{ EPERM,
	  "that is more than the module's parameters pipe_size_max and pipe_user_pages allow an unprivileged user"
	},
	{ EINVAL,
	  "a pipe cannot have that size; give at most 2G"
	},
	{ EBUSY,
	  "more bytes wait in the pipe than would fit; let a reader take them first"
	},
};

static const char *explain(const struct meaning *meanings, int n, int err)
{
	for (int i = 0; i < n; i++) {
		if (meanings[i].err == err)
			return meanings[i].text;
	}
	return strerror(err);
}

/* Why a node cannot be opened, and what to do. */
const char *device_problem(int err)
{
	return explain(device_meanings, ARRAY_SIZE(device_meanings), err);
}

/* Why a node or a pipe refuses a call, and what to do. */
const char *call_problem(int err)
{
	return explain(call_meanings, ARRAY_SIZE(call_meanings), err);
}

/* Open the instance's node; -1 after a message. */
int device_open(void)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };
	int fd;

	fd = open(device_path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fail("cannot open %s: %s", device_path, device_problem(errno));
		return -1;
	}
	if (ioctl(fd, KIPC_IOC_QUERY, &query) < 0) {
		fail("%s is not a node of kipc; name one with --device", device_path);
		close(fd);
		return -1;
	}
	return fd;
}
