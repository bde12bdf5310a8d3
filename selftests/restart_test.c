// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupted system calls: what signal(7) says of each call that may sleep is true of
 * kipc's. One table holds all of them; each test goes through it, against the kernel's own
 * calls as well as against kipc's.
 *
 * A sleeper is a child that makes the call, again if it is EINTR, and tells in shared
 * memory how often and with which results.
 */
#include "restart_msg.h"
#include "restart_pipe.h"
#include "restart_poll.h"
#include "restart_sem.h"
#include "restart_sig.h"

/* There is no such call. */
#define NONE	(-1)

/* What becomes of a call that a signal finds asleep. */
enum fate {
	GOES_ON,
	/* with EINTR, or what it has moved so far */
	ENDS,
};

/* What was done to the sleeper. */
enum interruption {
	HANDLED,		/* by a handler without SA_RESTART */
	HANDLED_RESTART,	/* by one with it */
	STOPPED,		/* SIGSTOP and SIGCONT, no handler */
};

struct call {
	const char *name;
	const struct kind *kind;
	/* the system calls to sleep in, the kernel's and kipc's */
	long nr[2];
	long (*call)(const struct place *p);
	/* how it ends once it may, and whether what it was to move is where it should be */
	long result;
	bool (*check)(const struct place *p);
	size_t adds;
	/* a handler with SA_RESTART runs; one without it ends every call */
	enum fate restart;
	/* SIGSTOP and SIGCONT, without a handler */
	enum fate stop;
	/* it stops waiting at the place's deadline, with this */
	bool timed;
	long late;
	/*
	 * For calls that have moved something when the signal comes: have the sleeper move
	 * it; how much that is. And whether so much is where it should be.
	 */
	long (*move)(struct place *p, pid_t pid, long nr);
	bool (*moved)(const struct place *p, long n);
};

/* --- the table, after signal(7) */

/* Ends by any signal, or goes on after one without a handler. */
#define NEVER_RESTARTED		.restart = ENDS, .stop = ENDS
#define AFTER_HANDLERS_ENDS	.restart = ENDS, .stop = GOES_ON
#define RESTARTED		.restart = GOES_ON, .stop = GOES_ON
/* Ends with what it has moved. */
#define COUNTS			.restart = ENDS, .stop = ENDS

#define UNTIL(error)		.timed = true, .late = (error)

static const struct call calls[] = {
	{ "read from a pipe", &empty_pipe, { SYS_read, SYS_read }, do_read, .result = 1,
	  RESTARTED },
	{ "readv from a pipe", &empty_pipe, { SYS_readv, SYS_readv }, do_readv, .result = 1,
	  RESTARTED },
	{ "preadv2 from a pipe", &empty_pipe, { SYS_preadv2, SYS_preadv2 }, do_preadv2,
	  .result = 1, RESTARTED },
	{ "read of a packet", &empty_packet_pipe, { SYS_read, SYS_read }, do_read, .result = 1,
	  RESTARTED },
	{ "read from a FIFO", &empty_fifo, { SYS_read, SYS_read }, do_read, .result = 1,
	  RESTARTED },
	{ "write of a byte", &full_pipe, { SYS_write, SYS_write }, do_write_byte,
	  .result = 1, .check = all_read, .adds = 1, RESTARTED },
	{ "write of PIPE_BUF bytes", &full_pipe, { SYS_write, SYS_write }, do_write_atomic,
	  .result = PIPE_BUF, .check = all_read, .adds = PIPE_BUF, RESTARTED },
	{ "write of more", &full_pipe, { SYS_write, SYS_write }, do_write_long,
	  .result = LONG_WRITE, .check = all_read, .adds = LONG_WRITE, RESTARTED },
	{ "writev to a pipe", &full_pipe, { SYS_writev, SYS_writev }, do_writev,
	  .result = LONG_WRITE, .check = all_read, .adds = LONG_WRITE, RESTARTED },
	{ "write of a packet", &full_packet_pipe, { SYS_write, SYS_write }, do_write_atomic,
	  .result = PIPE_BUF, .check = all_read, .adds = PIPE_BUF, RESTARTED },
	{ "write to a FIFO", &full_fifo, { SYS_write, SYS_write }, do_write_atomic,
	  .result = PIPE_BUF, .check = all_read, .adds = PIPE_BUF, RESTARTED },
	{ "sendfile to a pipe", &full_pipe, { SYS_sendfile, SYS_sendfile }, do_sendfile,
	  .result = PIPE_BUF, .check = all_read, .adds = PIPE_BUF, RESTARTED },

	{ "a part of a write", &empty_pipe, { SYS_write, SYS_write }, do_write_huge,
	  COUNTS, .move = move_two_pages, .moved = moved_into_pipe },
	{ "a part of a writev", &empty_pipe, { SYS_writev, SYS_writev }, do_writev_huge,
	  COUNTS, .move = move_two_pages, .moved = moved_into_pipe },
	{ "a part of a write to a FIFO", &empty_fifo, { SYS_write, SYS_write }, do_write_huge,
	  COUNTS, .move = move_two_pages, .moved = moved_into_pipe },
	/* the kernel's pipe takes no more than there is room for */
	{ "a part of a sendfile", &empty_pipe_and_long_file, { NONE, SYS_sendfile },
	  do_sendfile_huge, COUNTS, .move = move_two_pages, .moved = moved_into_pipe },
	/* of its pages a socket takes however many there are */
	{ "a part of a splice to a socket", &pipe_to_socket, { NONE, SYS_ioctl },
	  do_splice_all_to_far, COUNTS, .move = move_to_socket,
	  .moved = moved_to_socket },

	{ "splice from a pipe to a file", &empty_pipe, { SYS_splice, SYS_ioctl },
	  do_splice_to_file, .result = 1, .check = is_in_file, RESTARTED },
	{ "splice from a pipe to a pipe", &empty_pipe, { SYS_splice, SYS_ioctl },
	  do_splice_to_far, .result = 1, .check = is_in_far, RESTARTED },
	{ "splice to a full pipe", &pipe_to_full, { SYS_splice, SYS_ioctl },
	  do_splice_to_far, .result = FEW, .check = few_are_gone, RESTARTED },
	{ "splice from a file to a full pipe", &full_pipe, { SYS_splice, SYS_ioctl },
	  do_splice_from_file, .result = PIPE_BUF, .check = all_read, .adds = PIPE_BUF,
	  RESTARTED },
	{ "splice from a pipe to a full pipe", &full_pipe, { SYS_splice, SYS_ioctl },
	  do_splice_from_far, .result = FEW, .check = all_read, .adds = FEW, RESTARTED },
	{ "splice from a socket", &pipe_and_sockets, { SYS_splice, SYS_ioctl },
	  do_splice_from_far, .result = 1, .check = is_in_pipe, RESTARTED },
	{ "tee of an empty pipe", &empty_pipe, { SYS_tee, SYS_ioctl }, do_tee, .result = 1,
	  .check = is_in_both, RESTARTED },
	{ "tee to a full pipe", &pipe_to_full, { SYS_tee, SYS_ioctl }, do_tee,
	  .result = FEW, .check = few_are_here, RESTARTED },
	{ "splice(2) from kipc's pipe", &empty_pipe, { NONE, SYS_splice }, do_splice2_to_far,
	  .result = 1, .check = is_in_far, RESTARTED },
	{ "splice(2) to kipc's pipe", &full_pipe, { NONE, SYS_splice }, do_splice2_from_far,
	  .result = FEW, .check = all_read, .adds = FEW, RESTARTED },

	{ "open of a FIFO for reading", &fifo, { CALL_OPEN, CALL_OPEN }, do_open_reader,
	  RESTARTED },
	{ "open of a FIFO for writing", &fifo, { CALL_OPEN, CALL_OPEN }, do_open_writer,
	  RESTARTED },

	{ "poll", &empty_pipe, { CALL_POLL, CALL_POLL }, do_poll, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
	{ "poll without a timeout", &empty_pipe, { CALL_POLL, CALL_POLL }, do_poll_forever,
	  .result = 1, AFTER_HANDLERS_ENDS },
	{ "ppoll", &empty_pipe, { SYS_ppoll, SYS_ppoll }, do_ppoll, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
#ifdef SYS_select
	{ "select", &empty_pipe, { SYS_select, SYS_select }, do_select, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
#endif
	{ "pselect", &empty_pipe, { SYS_pselect6, SYS_pselect6 }, do_pselect, .result = 1,
	  UNTIL(0), AFTER_HANDLERS_ENDS },
	{ "epoll_wait", &empty_pipe, { CALL_EPOLL_WAIT, CALL_EPOLL_WAIT }, do_epoll_wait,
	  .result = 1, UNTIL(0), NEVER_RESTARTED },
	{ "epoll_pwait", &empty_pipe, { SYS_epoll_pwait, SYS_epoll_pwait }, do_epoll_pwait,
	  .result = 1, UNTIL(0), NEVER_RESTARTED },
	{ "poll for room", &full_pipe, { CALL_POLL, CALL_POLL }, do_poll, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
	{ "pselect for room", &full_pipe, { SYS_pselect6, SYS_pselect6 }, do_pselect,
	  .result = 1, UNTIL(0), AFTER_HANDLERS_ENDS },
	{ "epoll_wait for room", &full_pipe, { CALL_EPOLL_WAIT, CALL_EPOLL_WAIT },
	  do_epoll_wait, .result = 1, UNTIL(0), NEVER_RESTARTED },
	{ "poll of a FIFO", &empty_fifo, { CALL_POLL, CALL_POLL }, do_poll, .result = 1,
	  UNTIL(0), AFTER_HANDLERS_ENDS },
	{ "epoll_wait of a FIFO", &empty_fifo, { CALL_EPOLL_WAIT, CALL_EPOLL_WAIT },
	  do_epoll_wait, .result = 1, UNTIL(0), NEVER_RESTARTED },
	{ "poll of a set", &set, { NONE, CALL_POLL }, do_poll, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
	{ "pselect of a set", &set, { NONE, SYS_pselect6 }, do_pselect, .result = 1, UNTIL(0),
	  AFTER_HANDLERS_ENDS },
	{ "epoll_wait of a set", &set, { NONE, CALL_EPOLL_WAIT }, do_epoll_wait, .result = 1,
	  UNTIL(0), NEVER_RESTARTED },
	{ "poll for a message", &empty_queue, { NONE, CALL_POLL }, do_poll, .result = 1,
	  UNTIL(0), AFTER_HANDLERS_ENDS },
	{ "epoll_wait for a message", &empty_queue, { NONE, CALL_EPOLL_WAIT }, do_epoll_wait,
	  .result = 1, UNTIL(0), NEVER_RESTARTED },
	{ "pselect for room in a queue", &full_queue, { NONE, SYS_pselect6 }, do_pselect,
	  .result = 1, UNTIL(0), AFTER_HANDLERS_ENDS },
	{ "epoll_wait for room in a queue", &full_queue, { NONE, CALL_EPOLL_WAIT },
	  do_epoll_wait, .result = 1, UNTIL(0), NEVER_RESTARTED },

	{ "semop that decreases", &set, { SYS_semop, SYS_ioctl }, do_semop_take,
	  .check = set_was_taken_from, NEVER_RESTARTED },
	{ "semop that waits for zero", &set, { SYS_semop, SYS_ioctl }, do_semop_zero,
	  .check = zero_was_seen, NEVER_RESTARTED },
	{ "semop of a list", &set, { SYS_semop, SYS_ioctl }, do_semop_list,
	  .check = list_was_done, NEVER_RESTARTED },
	{ "semtimedop", &set, { SYS_semtimedop, SYS_ioctl }, do_semtimedop,
	  .check = set_was_taken_from, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "semtimedop of a list", &set, { SYS_semtimedop, SYS_ioctl }, do_semtimedop_list,
	  .check = list_was_done, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP until", &set, { NONE, SYS_ioctl }, do_sem_until,
	  .check = set_was_taken_from, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP of a descriptor", &set, { NONE, SYS_ioctl }, do_sem_on_fd,
	  .check = list_was_done, NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP of a descriptor until", &set, { NONE, SYS_ioctl },
	  do_sem_on_fd_until, .check = zero_was_seen, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP of a descriptor for", &set, { NONE, SYS_ioctl }, do_sem_on_fd_for,
	  .check = set_was_taken_from, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP_ONE", &set, { NONE, SYS_ioctl }, do_sem_one,
	  .check = set_was_taken_from, NEVER_RESTARTED },
	{ "KIPC_IOC_SEM_OP_ONE for zero", &set, { NONE, SYS_ioctl }, do_sem_one_zero,
	  .check = zero_was_seen, NEVER_RESTARTED },

	{ "msgsnd", &full_queue, { SYS_msgsnd, SYS_ioctl }, do_msgsnd,
	  .check = message_was_sent, AFTER_HANDLERS_ENDS },
	{ "msgrcv", &empty_queue, { SYS_msgrcv, SYS_ioctl }, do_msgrcv_any,
	  .result = SENT_SIZE, .check = message_was_taken, AFTER_HANDLERS_ENDS },
	{ "msgrcv of a type", &empty_queue, { SYS_msgrcv, SYS_ioctl }, do_msgrcv_type,
	  .result = SENT_SIZE, .check = message_was_taken, AFTER_HANDLERS_ENDS },
	{ "msgrcv of the lowest type", &empty_queue, { SYS_msgrcv, SYS_ioctl },
	  do_msgrcv_lowest, .result = SENT_SIZE, .check = message_was_taken,
	  AFTER_HANDLERS_ENDS },
	{ "msgrcv of all but a type", &empty_queue, { SYS_msgrcv, SYS_ioctl },
	  do_msgrcv_except, .result = SENT_SIZE, .check = message_was_taken,
	  AFTER_HANDLERS_ENDS },
	{ "KIPC_IOC_MSG_SEND until", &full_queue, { NONE, SYS_ioctl }, do_send_until,
	  .check = message_was_sent, UNTIL(-ETIMEDOUT), AFTER_HANDLERS_ENDS },
	{ "KIPC_IOC_MSG_RECEIVE until", &empty_queue, { NONE, SYS_ioctl }, do_receive_until,
	  .result = SENT_SIZE, .check = message_was_taken, UNTIL(-ETIMEDOUT),
	  AFTER_HANDLERS_ENDS },
	/* begun anew they would have all the time again */
	{ "KIPC_IOC_MSG_SEND for", &full_queue, { NONE, SYS_ioctl }, do_send_for,
	  .check = message_was_sent, UNTIL(-ETIMEDOUT), NEVER_RESTARTED },
	{ "KIPC_IOC_MSG_RECEIVE for", &empty_queue, { NONE, SYS_ioctl }, do_receive_for,
	  .result = SENT_SIZE, .check = message_was_taken, UNTIL(-ETIMEDOUT), NEVER_RESTARTED },
	{ "KIPC_IOC_MSG_SEND of a descriptor", &full_queue, { NONE, SYS_ioctl }, do_send_on_fd,
	  .check = message_was_sent, AFTER_HANDLERS_ENDS },
	{ "KIPC_IOC_MSG_RECEIVE of a descriptor", &empty_queue, { NONE, SYS_ioctl },
	  do_receive_on_fd, .result = SENT_SIZE, .check = message_was_taken,
	  AFTER_HANDLERS_ENDS },
	{ "KIPC_IOC_MSG_SEND of a descriptor until", &full_queue, { NONE, SYS_ioctl },
	  do_send_on_fd_until, .check = message_was_sent, UNTIL(-ETIMEDOUT),
	  AFTER_HANDLERS_ENDS },
	{ "KIPC_IOC_MSG_RECEIVE of a descriptor until", &empty_queue, { NONE, SYS_ioctl },
	  do_receive_on_fd_until, .result = SENT_SIZE, .check = message_was_taken,
	  UNTIL(-ETIMEDOUT), AFTER_HANDLERS_ENDS },
	{ "read from a queue", &empty_queue, { NONE, SYS_read }, do_queue_read,
	  .result = SENT_SIZE, .check = message_was_taken, AFTER_HANDLERS_ENDS },
	{ "readv from a queue", &empty_queue, { NONE, SYS_readv }, do_queue_readv,
	  .result = SENT_SIZE, .check = message_was_taken, AFTER_HANDLERS_ENDS },
	{ "write to a queue", &full_queue, { NONE, SYS_write }, do_queue_write,
	  .result = SENT_SIZE, .check = message_was_sent, AFTER_HANDLERS_ENDS },
	{ "writev to a queue", &full_queue, { NONE, SYS_writev }, do_queue_writev,
	  .result = SENT_SIZE, .check = message_was_sent, AFTER_HANDLERS_ENDS },

	{ "read of a signal", &signals, { SYS_read, SYS_read }, do_sig_read, .result = AWAITED,
	  .check = signal_was_taken, RESTARTED },
	{ "sigwaitinfo", &signals, { SYS_rt_sigtimedwait, SYS_ioctl }, do_sig_wait,
	  .result = AWAITED, .check = signal_was_taken, NEVER_RESTARTED },
	{ "sigtimedwait", &signals, { SYS_rt_sigtimedwait, SYS_ioctl }, do_sig_wait_for,
	  .result = AWAITED, .check = signal_was_taken, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "KIPC_IOC_SIG_WAIT until", &signals, { NONE, SYS_ioctl }, do_sig_wait_until,
	  .result = AWAITED, .check = signal_was_taken, UNTIL(-EAGAIN), NEVER_RESTARTED },
	{ "poll for a signal", &signals, { CALL_POLL, CALL_POLL }, do_poll, .result = 1,
	  UNTIL(0), AFTER_HANDLERS_ENDS },
	/* of the kernel's, epoll tells who has asked of its own signals */
	{ "epoll_wait for a signal", &signals, { NONE, CALL_EPOLL_WAIT }, do_epoll_wait,
	  .result = 1, UNTIL(0), NEVER_RESTARTED },
};

/* --- the sleeper */

#define POKES	3

struct report {
	/* calls that were begun, signals that were handled */
	int calls;
	int handled;
	int done;
	/* of the call, from 0; the last ones */
	long results[2 * POKES];
};

static struct report *report;

static void on_poke(int sig)
{
	if (sig == SIGUSR1)
		ADD(&report->handled, 1);
}

static long *result_of(int call)
{
	return &report->results[call % ARRAY_SIZE(report->results)];
}

static long last_result(void)
{
	return *result_of(report->calls - 1);
}

/* Make the call up to @tries times, as long as it is EINTR; then wait to be killed. */
static void sleeper_main(const struct call *call, const struct place *p, int tries)
{
	long ret;
	int i;

	for (i = 0; i < tries; i++) {
		STORE(&report->calls, i + 1);
		ret = call->call(p);
		*result_of(i) = ret < 0 ? -errno : ret;
		if (*result_of(i) != -EINTR)
			break;
	}
	STORE(&report->done, 1);
	for (;;)
		pause();
}

static pid_t sleeper(const struct call *call, struct place *p, enum interruption how,
		     int tries)
{
	struct sigaction action = {
		.sa_handler = on_poke, .sa_flags = how == HANDLED_RESTART ? SA_RESTART : 0,
	};
	pid_t pid;

	memset(report, 0, sizeof(*report));
	pid = child_fork();
	if (!pid) {
		if (how != STOPPED)
			sigaction(SIGUSR1, &action, NULL);
		sleeper_main(call, p, tries);
	}
	p->sleeper = pid;
	return pid;
}

/* poll() goes on as another system call. */
static bool is_in_call(pid_t pid, long nr)
{
	return task_is_blocked(pid, nr) || task_is_blocked(pid, SYS_restart_syscall);
}

/* Whether it has come to rest in its call of this number, or after its last one. */
static bool is_at_rest(pid_t pid, long nr, int number)
{
	return LOAD(&report->done) ||
	       (LOAD(&report->calls) == number && is_in_call(pid, nr));
}

static bool is_asleep(pid_t pid, long nr, int number)
{
	return EVENTUALLY(is_at_rest(pid, nr, number)) && !LOAD(&report->done);
}

/* Interrupt it, and wait until it has noticed. */
static bool poke(pid_t pid, enum interruption how)
{
	int handled = LOAD(&report->handled), status;

	if (how != STOPPED)
		return !syscall(SYS_tgkill, pid, pid, SIGUSR1) &&
		       EVENTUALLY(LOAD(&report->handled) == handled + 1);
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return false;
	return !kill(pid, SIGCONT);
}

static bool call_ends(const struct call *call, enum interruption how)
{
	if (how == HANDLED)
		return true;
	return (how == HANDLED_RESTART ? call->restart : call->stop) == ENDS;
}

/* --- the fixture: which calls, and where */

static bool kipc;

FIXTURE(calls)
{
	int dev;
	long long objects;
	int tried;
};

FIXTURE_VARIANT(calls)
{
	bool kipc;
	/* calls of System V, or those that are not */
	bool sysv;
};

FIXTURE_VARIANT_ADD(calls, native)
{
	.kipc = false,
};

FIXTURE_VARIANT_ADD(calls, native_sysv)
{
	.kipc = false,
	.sysv = true,
};

FIXTURE_VARIANT_ADD(calls, kipc)
{
	.kipc = true,
};

FIXTURE_VARIANT_ADD(calls, kipc_sysv)
{
	.kipc = true,
	.sysv = true,
};

FIXTURE_SETUP(calls)
{
	umask(022);
	kipc = variant->kipc;
	sem = kipc ? &sem_kipc : &sem_native;
	msg = kipc ? &msg_kipc : &msg_native;
	self->dev = -1;
	if (!kipc && variant->sysv && (access(sem->table, F_OK) || access(msg->table, F_OK)))
		SKIP(_exit(255), "this kernel has no System V IPC of its own");
	report = shared_alloc(sizeof(*report));
	ASSERT_NE(NULL, report);
	ASSERT_EQ(0, mounts_private());
	if (!kipc) {
		ASSERT_EQ(0, variant->sysv ? unshare(CLONE_NEWIPC) : 0);
		return;
	}
	self->objects = param_get("objects");
	ASSERT_EQ(0, kipcfs_mount(RESTART_MOUNT, NULL));
	self->dev = open_in(RESTART_MOUNT, "control", O_RDWR);
	ASSERT_LE(0, self->dev);
	sem_dev = self->dev;
	msg_dev = self->dev;
}

FIXTURE_TEARDOWN(calls)
{
	children_reap();
	printf("# %d calls\n", self->tried);
	fflush(stdout);
	EXPECT_LT(5, self->tried);
	if (!kipc)
		return;
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(RESTART_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* The next call of those that the variant has, the first after NULL; false after the last. */
static bool next_call(const struct call **call, bool sysv)
{
	for (*call = *call ? *call + 1 : calls; *call < calls + ARRAY_SIZE(calls); ++*call)
		if ((*call)->nr[kipc] != NONE && (*call)->kind->sysv == sysv)
			return true;
	return false;
}

/* --- what is done to each */

/* Interrupted and not tried again: what can be seen is as if it had not been made. */
static void interrupt_and_leave(struct __test_metadata *_metadata, const struct call *call,
				int dev)
{
	char before[LOOK_MAX], after[LOOK_MAX];
	long nr = call->nr[kipc];
	struct place p;
	pid_t pid;

	ASSERT_EQ(0, place_make(&p, call->kind, dev));
	call->kind->look(&p, false, before);
	pid = sleeper(call, &p, HANDLED, 1);
	ASSERT_TRUE(is_asleep(pid, nr, 1));
	ASSERT_TRUE(poke(pid, HANDLED));
	ASSERT_TRUE(EVENTUALLY(LOAD(&report->done)))
		TH_LOG("%s goes on", call->name);
	EXPECT_EQ(-EINTR, report->results[0])
		TH_LOG("%s", call->name);
	call->kind->look(&p, false, after);
	EXPECT_STREQ(before, after)
		TH_LOG("%s", call->name);
	child_kill(pid);
	EXPECT_EQ(0, place_end(&p, call->kind));
}

/* Interrupted several times, then let go; made again by the program if it is EINTR. */
static void interrupt_and_finish(struct __test_metadata *_metadata, const struct call *call,
				 int dev, enum interruption how)
{
	char asleep[LOOK_MAX], now[LOOK_MAX];
	bool ends = call_ends(call, how);
	long nr = call->nr[kipc];
	struct place p;
	pid_t pid;
	int i;

	ASSERT_EQ(0, place_make(&p, call->kind, dev));
	p.adds = call->adds;
	pid = sleeper(call, &p, how, POKES + 1);
	ASSERT_TRUE(is_asleep(pid, nr, 1))
		TH_LOG("%s does not sleep: %ld", call->name, report->results[0]);
	call->kind->look(&p, true, asleep);
	for (i = 0; i < POKES; i++) {
		ASSERT_TRUE(poke(pid, how));
		ASSERT_TRUE(is_asleep(pid, nr, ends ? i + 2 : 1))
			TH_LOG("%s: signal %d of %d: call %d, %ld", call->name, i + 1, POKES,
			       report->calls, last_result());
		if (ends)
			EXPECT_EQ(-EINTR, *result_of(i));
		call->kind->look(&p, true, now);
		EXPECT_STREQ(asleep, now)
			TH_LOG("%s, after signal %d", call->name, i + 1);
	}
	EXPECT_TRUE(call->kind->finish(&p))
		TH_LOG("%s", call->name);
	EXPECT_TRUE(EVENTUALLY(LOAD(&report->done)))
		TH_LOG("%s sleeps for ever", call->name);
	EXPECT_EQ(call->result, last_result())
		TH_LOG("%s", call->name);
	EXPECT_TRUE(!call->check || call->check(&p))
		TH_LOG("%s: what it was to move is not where it should be", call->name);
	child_kill(pid);
	EXPECT_EQ(0, place_end(&p, call->kind));
}

/* Interrupted when it has moved a part. */
static void interrupt_in_the_middle(struct __test_metadata *_metadata, const struct call *call,
				    int dev, enum interruption how)
{
	long nr = call->nr[kipc], n;
	struct place p;
	pid_t pid;

	ASSERT_EQ(0, place_make(&p, call->kind, dev));
	pid = sleeper(call, &p, how, 1);
	ASSERT_TRUE(is_asleep(pid, nr, 1))
		TH_LOG("%s does not sleep: %ld", call->name, report->results[0]);
	n = call->move(&p, pid, nr);
	ASSERT_LT(0, n)
		TH_LOG("%s", call->name);
	ASSERT_TRUE(poke(pid, how));
	ASSERT_TRUE(EVENTUALLY(LOAD(&report->done)))
		TH_LOG("%s goes on", call->name);
	EXPECT_EQ(n, report->results[0])
		TH_LOG("%s", call->name);
	EXPECT_TRUE(call->moved(&p, n))
		TH_LOG("%s: %ld bytes are not where they should be", call->name, n);
	child_kill(pid);
	EXPECT_EQ(0, place_end(&p, call->kind));
}

static void interrupt(struct __test_metadata *_metadata, const struct call *call, int dev,
		      enum interruption how)
{
	if (call->move) {
		interrupt_in_the_middle(_metadata, call, dev, how);
		return;
	}
	interrupt_and_finish(_metadata, call, dev, how);
	if (how == HANDLED)
		interrupt_and_leave(_metadata, call, dev);
}

TEST_F_TIMEOUT(calls, handler_without_sa_restart_ends_every_call, 300)
{
	const struct call *call;

	for (call = NULL; next_call(&call, variant->sysv); self->tried++)
		interrupt(_metadata, call, self->dev, HANDLED);
}

TEST_F_TIMEOUT(calls, handler_with_sa_restart_ends_those_that_are_never_restarted, 300)
{
	const struct call *call;

	for (call = NULL; next_call(&call, variant->sysv); self->tried++)
		interrupt(_metadata, call, self->dev, HANDLED_RESTART);
}

TEST_F_TIMEOUT(calls, stop_and_continue_end_a_few_without_a_handler, 300)
{
	const struct call *call;

	for (call = NULL; next_call(&call, variant->sysv); self->tried++)
		interrupt(_metadata, call, self->dev, STOPPED);
}

/* Ignored, ignored by default, blocked. */
TEST_F_TIMEOUT(calls, signals_that_nobody_handles_do_not_disturb, 300)
{
	const struct call *call;
	struct place p;
	pid_t pid;
	long nr;

	/* as the child's */
	signal(SIGUSR1, SIG_IGN);
	block_signal(SIGUSR2);
	for (call = NULL; next_call(&call, variant->sysv); self->tried++) {
		if (call->move)
			continue;
		nr = call->nr[kipc];
		ASSERT_EQ(0, place_make(&p, call->kind, self->dev));
		p.adds = call->adds;
		pid = sleeper(call, &p, STOPPED, 1);
		ASSERT_TRUE(is_asleep(pid, nr, 1));
		EXPECT_EQ(0, syscall(SYS_tgkill, pid, pid, SIGUSR1));
		EXPECT_EQ(0, syscall(SYS_tgkill, pid, pid, SIGWINCH));
		EXPECT_EQ(0, syscall(SYS_tgkill, pid, pid, SIGUSR2));
		EXPECT_TRUE(EVENTUALLY(signals_pending(pid)));
		ASSERT_TRUE(is_asleep(pid, nr, 1))
			TH_LOG("%s: %ld", call->name, last_result());
		EXPECT_TRUE(call->kind->finish(&p));
		EXPECT_TRUE(EVENTUALLY(LOAD(&report->done)));
		EXPECT_EQ(call->result, last_result())
			TH_LOG("%s", call->name);
		child_kill(pid);
		EXPECT_EQ(0, place_end(&p, call->kind));
	}
}

/* --- time */

#define POKE_EVERY_MS	20

/* Interrupt it again and again until it ends; how often that was. */
static int poke_until_done(pid_t pid, long nr, enum interruption how)
{
	long long end = now_ms() + DEADLINE_MS, next;
	int pokes = 0;

	while (!LOAD(&report->done) && now_ms() < end) {
		if (is_in_call(pid, nr)) {
			if (!poke(pid, how))
				return -1;
			pokes++;
		}
		next = now_ms() + POKE_EVERY_MS;
		while (!LOAD(&report->done) && now_ms() < next)
			nap();
	}
	return pokes;
}

/*
 * A call that began anew with all of its time would never end here, as it is interrupted
 * before that is over. It ends in time, whoever makes it again, and not before. How often it
 * was interrupted before that.
 */
static int interrupt_until_late(struct __test_metadata *_metadata, const struct call *call,
				int dev, enum interruption how, int wait_ms)
{
	char before[LOOK_MAX], after[LOOK_MAX];
	struct place p;
	int pokes;
	pid_t pid;

	ASSERT_EQ(0, place_make(&p, call->kind, dev));
	call->kind->look(&p, false, before);
	p.deadline = now_ns() + wait_ms * 1000000LL;
	pid = sleeper(call, &p, how, INT_MAX);
	pokes = poke_until_done(pid, call->nr[kipc], how);
	ASSERT_LE(0, pokes);
	ASSERT_TRUE(LOAD(&report->done))
		TH_LOG("%s: %d signals made it wait too long", call->name, pokes);
	EXPECT_LE(p.deadline, now_ns())
		TH_LOG("%s has not waited long enough", call->name);
	EXPECT_EQ(call->late, last_result())
		TH_LOG("%s", call->name);
	call->kind->look(&p, false, after);
	EXPECT_STREQ(before, after)
		TH_LOG("%s", call->name);
	child_kill(pid);
	EXPECT_EQ(0, place_end(&p, call->kind));
	return pokes;
}

TEST_F_TIMEOUT(calls, interrupted_calls_do_not_wait_longer_in_total, 300)
{
	const struct call *call;
	int how, ms;

	for (call = NULL; next_call(&call, variant->sysv); self->tried++) {
		for (how = HANDLED; call->timed && how <= STOPPED; how++) {
			ms = 100;
			/* longer if the machine was too slow for that */
			while (interrupt_until_late(_metadata, call, self->dev, how, ms) < 2)
				ASSERT_GT(DEADLINE_MS, ms *= 2);
		}
	}
}

TEST_HARNESS_MAIN
