/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals of the kernel, and those of a signal queue of kipc, by the same calls: sent to a
 * group or to one of its members, and taken by these. The kernel's group is the test's own
 * process, whose members are its threads and have all signals blocked; kipc's is a queue,
 * whose subscribers are the members.
 *
 * Each member has a thread of its own, but for the first, which is the test's.
 */
#ifndef KIPC_SIG_OPS_H
#define KIPC_SIG_OPS_H

#include "sig_fixture.h"

#include <pthread.h>

#define MEMBERS		3
/* instead of a member: any of them */
#define ANY		(-1)

/* The kernel lets nobody block these. */
#define UNBLOCKABLE	(BIT_OF(SIGKILL) | BIT_OF(SIGSTOP))

/* A signal that was taken. */
struct got {
	int signo;
	int code;
	int pid;
	unsigned int uid;
	unsigned long long value;
};

struct sig_ops {
	/* also of a child of the test */
	int (*send)(int member, int signo, int code, __u64 value);
	/* by a member's own thread; waits if told so */
	int (*take)(int member, __u64 set, bool wait, struct got *got);
	__u64 (*own)(int member);
	__u64 (*shared)(void);
	/*
	 * A descriptor of the first member that gives those of the set as struct
	 * signalfd_siginfo, and does not wait; -1 for a new one.
	 */
	int (*reader)(int fd, __u64 set);
	/* the call that take() waits in */
	long take_nr;
};

/* The implementation under test. */
static const struct sig_ops *sig;

static struct member {
	pthread_t thread;
	pid_t tid;
	/* kipc's: its subscriber */
	int fd;
	__u32 number;
	/* what its thread is to do, and whether it has */
	int step;
	int done;
	bool end;
	__u64 set;
	bool wait;
	int ret;
	int error;
	struct got got;
} members[MEMBERS];

static pid_t sig_group;
static int sig_dev = -1, sig_queue = -1;

/* --- the kernel's */

static inline int native_sig_send(int member, int signo, int code, __u64 value)
{
	siginfo_t info = { .si_code = code };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_ptr = (void *)(unsigned long)value;
	if (member == ANY)
		return syscall(SYS_rt_sigqueueinfo, sig_group, signo, &info);
	return syscall(SYS_rt_tgsigqueueinfo, sig_group, members[member].tid, signo, &info);
}

static inline int native_sig_take(int member, __u64 set, bool wait, struct got *got)
{
	struct timespec now = { 0 };
	siginfo_t info;
	int ret;

	if (members[member].tid != gettid())
		abort();
	/*
	 * The ends of the test's children are not meant. When one thread takes a signal the
	 * kernel wakes another one for nothing, which is EINTR to that.
	 */
	do {
		memset(&info, 0, sizeof(info));
		ret = syscall(SYS_rt_sigtimedwait, &set, &info, wait ? NULL : &now, sizeof(set));
	} while ((ret == SIGCHLD && info.si_code > 0) || (ret < 0 && wait && errno == EINTR));
	*got = (struct got) {
		.signo = info.si_signo, .code = info.si_code, .pid = info.si_pid,
		.uid = info.si_uid, .value = (unsigned long)info.si_value.sival_ptr,
	};
	return ret;
}

static inline __u64 native_sig_line(pid_t tid, const char *format)
{
	unsigned long long mask = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, format, &mask) != 1)
		;
	if (f)
		fclose(f);
	return mask;
}

static inline __u64 native_sig_own(int member)
{
	return native_sig_line(members[member].tid, "SigPnd: %llx");
}

static inline __u64 native_sig_shared(void)
{
	return native_sig_line(sig_group, "ShdPnd: %llx");
}

static inline int native_sig_reader(int fd, __u64 set)
{
	return syscall(SYS_signalfd4, fd, &set, sizeof(set), SFD_NONBLOCK | SFD_CLOEXEC);
}

static const struct sig_ops sig_native = {
	.send = native_sig_send,
	.take = native_sig_take,
	.own = native_sig_own,
	.shared = native_sig_shared,
	.reader = native_sig_reader,
	.take_nr = SYS_rt_sigtimedwait,
};

/* --- kipc's */

static inline int kipc_sig_send(int member, int signo, int code, __u64 value)
{
	return sigq_send(sig_queue, SELF, member == ANY ? GROUP : members[member].number, signo,
			 code, value);
}

static inline int kipc_sig_take(int member, __u64 set, bool wait, struct got *got)
{
	struct kipc_sig_wait arg;
	int ret = sub_wait(members[member].fd, set, wait ? 0 : NOWAIT, KIPC_TIMEOUT_NONE, &arg);

	*got = (struct got) {
		.signo = arg.signo, .code = arg.code, .pid = arg.pid, .uid = arg.uid,
		.value = arg.value,
	};
	return ret;
}

static inline __u64 kipc_sig_own(int member)
{
	return sub_pending(members[member].fd).own;
}

static inline __u64 kipc_sig_shared(void)
{
	return sub_pending(members[0].fd).shared;
}

/* All readers are the same one. */
static inline int kipc_sig_reader(int fd, __u64 set)
{
	struct kipc_sig_mask arg = { .how = KIPC_SIG_SETMASK, .set = ~set };

	if (fd < 0)
		fd = dup(members[0].fd);
	return ioctl(fd, KIPC_IOC_SIG_MASK, &arg) ? -1 : fd;
}

static const struct sig_ops sig_kipc = {
	.send = kipc_sig_send,
	.take = kipc_sig_take,
	.own = kipc_sig_own,
	.shared = kipc_sig_shared,
	.reader = kipc_sig_reader,
	.take_nr = SYS_ioctl,
};

/* --- members */

/* All of them, those of the C library's own as well. */
static inline int block_all(void)
{
	__u64 set = ALL;

	return syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof(set));
}

/* Do what is asked for, one take after the other. */
static inline void *member_live(void *data)
{
	struct member *member = data;

	if (block_all())
		abort();
	STORE(&member->tid, gettid());
	for (;;) {
		while (LOAD(&member->step) == LOAD(&member->done))
			nap();
		if (member->end)
			return NULL;
		member->ret = sig->take(member - members, member->set, member->wait, &member->got);
		member->error = errno;
		ADD(&member->done, 1);
	}
}

/* Have a member begin to take one of the set. */
static inline void member_begin(int member, __u64 set, bool wait)
{
	members[member].set = set;
	members[member].wait = wait;
	ADD(&members[member].step, 1);
}

static inline bool member_is_done(int member)
{
	return LOAD(&members[member].done) == LOAD(&members[member].step);
}

/* What it has taken, or -1 with errno; -2 if it does not come back. */
static inline int member_result(int member)
{
	if (!EVENTUALLY(member_is_done(member)))
		return -2;
	errno = members[member].error;
	return members[member].ret;
}

/* Have a member take one of the set that is there. */
static inline int member_take(int member, __u64 set)
{
	if (member == 0)
		return sig->take(0, set, false, &members[0].got);
	member_begin(member, set, false);
	return member_result(member);
}

/* Have a member other than the first sleep until it has taken one of the set. */
static inline bool member_sleep(int member, __u64 set)
{
	member_begin(member, set, true);
	return wait_blocked(members[member].tid, sig->take_nr);
}

static inline bool member_is_asleep(int member)
{
	return !member_is_done(member) && wait_blocked(members[member].tid, sig->take_nr);
}

static inline int members_begin(void)
{
	int i;

	if (block_all())
		return -1;
	sig_group = getpid();
	members[0].tid = gettid();
	if (sig == &sig_kipc) {
		sig_queue = sigq_create(sig_dev, KIPC_SIG_CLOEXEC);
		for (i = 0; i < MEMBERS; i++)
			members[i].fd = sub_new(sig_queue, SELF, &members[i].number);
		if (members[MEMBERS - 1].fd < 0)
			return -1;
	}
	for (i = 1; i < MEMBERS; i++)
		if (pthread_create(&members[i].thread, NULL, member_live, &members[i]) ||
		    !EVENTUALLY(LOAD(&members[i].tid)))
			return -1;
	/* making a thread unblocks what the C library uses */
	return block_all();
}

/* None of them may be asleep. */
static inline void members_end(void)
{
	int i;

	for (i = 1; i < MEMBERS; i++) {
		members[i].end = true;
		ADD(&members[i].step, 1);
		pthread_join(members[i].thread, NULL);
	}
	for (i = 0; sig == &sig_kipc && i < MEMBERS; i++)
		close(members[i].fd);
	if (sig == &sig_kipc)
		close(sig_queue);
}

#endif /* KIPC_SIG_OPS_H */
