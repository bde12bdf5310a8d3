// SPDX-License-Identifier: GPL-2.0
/*
 * SEM_UNDO: when it is done, and whose it is: of a process with all its threads, through an
 * exec, and never of its children. Class 4.
 */
#include "sem_fixture.h"
#include "sem_steps.h"

#include <poll.h>
#include <sys/ptrace.h>

/* --- when the process ends */

TEST_F(sem, undo_runs_whichever_way_the_process_ends)
{
	int id = sem_new(4), how;
	pid_t pid;

	ASSERT_LE(0, id);
	for (how = 0; how < ENDINGS; how++) {
		ASSERT_EQ(0, SET_VALUES(id, 5, 5, 5, 5));
		pid = child_fork();
		if (!pid) {
			if (SEM_DO(id, SEM_OP(0, 3, SEM_UNDO), SEM_OP(1, -2, SEM_UNDO),
				   SEM_OP(2, -1, 0)) || !VALUES_ARE(id, 8, 3, 4, 5))
				_exit(77);
			end_by(how);
		}
		EXPECT_EQ(status_of(how), child_wait(pid));
		EXPECT_TRUE(VALUES_ARE(id, 5, 5, 4, 5))
			TH_LOG("ending %d", how);
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/* In which way a process learns that its child has ended, and whether it does. */
static bool has_ended(pid_t pid, int way, int *status)
{
	struct pollfd pfd = { .events = POLLIN };
	siginfo_t info;

	switch (way) {
	case 0:
		child_forget(pid);
		if (waitpid(pid, status, 0) != pid)
			return false;
		*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
		return true;
	case 1:
		return !waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	}
	pfd.fd = syscall(SYS_pidfd_open, pid, 0);
	poll(&pfd, 1, DEADLINE_MS);
	close(pfd.fd);
	return pfd.revents & POLLIN;
}

static void *sleep_on(void *data)
{
	for (;;)
		pause();
	return data;
}

TEST_F_TIMEOUT(sem, first_call_after_the_wait_finds_it_done, 120)
{
	int id = SET_OF(1, 0), round, threads, how, status, early = 0, last = -1;
	pthread_t thread;
	pid_t pid;

	ASSERT_LE(0, id);
	for (round = 0; round < 240; round++) {
		how = round / 3 % ENDINGS;
		threads = how != BY_LAST_THREAD && round % 2;
		pid = child_fork();
		if (!pid) {
			while (threads-- > 0)
				pthread_create(&thread, NULL, sleep_on, NULL);
			if (SEM_DO(id, SEM_OP(0, -1, SEM_UNDO), SEM_OP(1, 1, SEM_UNDO)))
				_exit(77);
			end_by(how);
		}
		ASSERT_TRUE(has_ended(pid, round % 3, &status));
		if (SEM_DO(id, SEM_OP(0, -1, IPC_NOWAIT), SEM_OP(1, 0, IPC_NOWAIT),
			   SEM_OP(0, 1, 0))) {
			early++;
			last = round;
		}
		if (round % 3)
			status = child_wait(pid);
		EXPECT_EQ(status_of(how), status);
		EXPECT_TRUE(VALUES_ARE(id, 1, 0));
	}
	EXPECT_EQ(0, early)
		TH_LOG("%d of %d calls came before it was done, the last in round %d", early, round,
		       last);
	EXPECT_EQ(0, sem_rmid(id));
}

/* Nobody reaps them: that there is no child any more is all the parent hears. */
TEST_F_TIMEOUT(sem, undo_is_done_when_children_that_nobody_waits_for_are_gone, 60)
{
	int id = SET_OF(6), round, i;

	ASSERT_LE(0, id);
	signal(SIGCHLD, SIG_IGN);
	for (round = 0; round < 60; round++) {
		for (i = 0; i < 3; i++) {
			if (fork())
				continue;
			if (sem_do(id, 0, -2, SEM_UNDO))
				_exit(77);
			end_by((round + i) % ENDINGS);
		}
		ASSERT_EQ(-1, waitpid(-1, NULL, 0));
		ASSERT_EQ(ECHILD, errno);
		ASSERT_EQ(0, SEM_DO(id, SEM_OP(0, -6, IPC_NOWAIT), SEM_OP(0, 6, 0)));
	}
	signal(SIGCHLD, SIG_DFL);
	EXPECT_EQ(0, sem_rmid(id));
}

/* The first process of a namespace takes all others in it with it. */
TEST_F(sem, end_of_a_pid_namespace_takes_back_what_all_in_it_did)
{
	int id = SET_OF(9, 9), round, i;
	pid_t pid;

	ASSERT_LE(0, id);
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, steps_begin());
		pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (i = 0; i < 3; i++) {
				if (fork())
					continue;
				if (sem_do(id, 0, -1, SEM_UNDO))
					_exit(77);
				ADD(step, 1);
				for (;;)
					pause();
			}
			EXPECT_EQ(0, sem_do(id, 1, -1, SEM_UNDO));
			EXPECT_EQ(1, sem_getpid(id, 1));
			EXPECT_TRUE(is_reached(3));
			EXPECT_TRUE(VALUES_ARE(id, 6, 8));
			reach(4);
			for (;;)
				pause();
		}
		ASSERT_TRUE(is_reached(4));
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		EXPECT_TRUE(VALUES_ARE(id, 9, 9));
		EXPECT_EQ(pid, sem_getpid(id, 1));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, undo_leaves_the_pid_of_the_ended_and_sets_otime)
{
	int id = SET_OF(5, 5, 5);
	time_t before;
	pid_t pid;

	ASSERT_LE(0, id);
	pid = HOLDER(id, SEM_OP(0, 1, SEM_UNDO), SEM_OP(1, 1, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO));
	ASSERT_LT(0, pid);
	/* with others in between; and what comes out as no adjustment changes nothing */
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, sem_setval(id, 2, 7));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 2));
	before = sem_ds(id).sem_otime;
	ASSERT_TRUE(EVENTUALLY(time(NULL) > before + 1));
	EXPECT_EQ(before, sem_ds(id).sem_otime);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(pid, sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 2));
	EXPECT_LT(before, sem_ds(id).sem_otime);
	EXPECT_TRUE(VALUES_ARE(id, 6, 5, 7));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, operations_that_cancel_out_are_not_undone)
{
	int id = SET_OF(5, 5);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do(id, 0, -3, SEM_UNDO));
		EXPECT_EQ(0, sem_do(id, 0, 2, SEM_UNDO));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, SEM_UNDO), SEM_OP(1, 2, SEM_UNDO)));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 3, 0), SEM_OP(1, -2, SEM_UNDO)));
		/* to wait for zero is nothing to undo, but may ask for it */
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -5, 0), SEM_OP(0, 0, SEM_UNDO),
				    SEM_OP(0, 5, 0)));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 5, 8));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, undo_needs_no_permission_in_the_end)
{
	int id = SET_OF(5);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do(id, 0, -3, SEM_UNDO));
		EXPECT_EQ(0, become(OTHER_UID));
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_EQ(0, sem_set(id, 0, 0, 0));
	EXPECT_TRUE(VALUES_ARE(id, 2));
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 5));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- whose it is */

TEST_F(sem, threads_share_it_and_their_ends_do_not_run_it)
{
	int id = SET_OF(5, 0);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, in_a_thread(id, 0, -1, SEM_UNDO));
		EXPECT_TRUE(VALUES_ARE(id, 4, 0));
		EXPECT_EQ(0, in_a_thread(id, 0, -2, SEM_UNDO));
		EXPECT_TRUE(VALUES_ARE(id, 2, 0));
		EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
		/* one sum for all of them: its limit is reached in turns */
		EXPECT_EQ(0, in_a_thread(id, 1, 32767, SEM_UNDO));
		EXPECT_EQ(0, sem_do(id, 1, -32767, 0));
		EXPECT_EQ(0, sem_do(id, 1, 1, SEM_UNDO));
		EXPECT_EQ(ERANGE, in_a_thread(id, 1, 1, SEM_UNDO));
		EXPECT_TRUE(VALUES_ARE(id, 3, 1));
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_TRUE(VALUES_ARE(id, 3, 1));
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 5, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

struct rest {
	int id;
	enum ending how;
};

/* The thread that is left when the first one has gone. */
static void *live_on(void *data)
{
	struct rest *rest = data;
	int id = rest->id;

	if (!EVENTUALLY(task_state(getpid()) == 'Z'))
		_exit(71);
	if (!VALUES_ARE(id, 4, 5, 5))
		_exit(72);
	if (sem_do(id, 1, -1, SEM_UNDO) || in_a_thread(id, 2, -1, SEM_UNDO))
		_exit(73);
	reach(1);
	if (!is_reached(2))
		_exit(74);
	end_by(rest->how);
	return NULL;
}

static void first_thread_ends(struct __test_metadata *_metadata, bool traced)
{
	struct rest rest = { .id = SET_OF(5, 5, 5) };
	pthread_t thread;
	int status;
	pid_t pid;

	ASSERT_LE(0, rest.id);
	ASSERT_EQ(0, steps_begin());
	for (rest.how = 0; rest.how < ENDINGS; rest.how++) {
		reach(-1);
		pid = child_fork();
		if (!pid) {
			if (!is_reached(0) || sem_do(rest.id, 0, -1, SEM_UNDO) ||
			    pthread_create(&thread, NULL, live_on, &rest))
				_exit(75);
			syscall(SYS_exit, 0);
		}
		if (traced)
			ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, NULL, NULL));
		reach(0);
		ASSERT_TRUE(is_reached(1));
		EXPECT_EQ('Z', task_state(pid));
		EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
		EXPECT_TRUE(VALUES_ARE(rest.id, 4, 4, 4));
		reach(2);
		EXPECT_EQ(status_of(rest.how), child_wait(pid));
		EXPECT_TRUE(VALUES_ARE(rest.id, 5, 5, 5))
			TH_LOG("ending %d", rest.how);
	}
	EXPECT_EQ(0, sem_rmid(rest.id));
}

TEST_F(sem, first_thread_may_end_before_the_rest)
{
	first_thread_ends(_metadata, false);
}

/* Who traces it hears of the end of the first thread, too: that is not the process's. */
TEST_F(sem, first_thread_may_end_before_the_rest_and_be_traced)
{
	first_thread_ends(_metadata, true);
}

TEST_F(sem, fork_does_not_inherit_it)
{
	int id = SET_OF(5, 5);
	pid_t parent, child;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, steps_begin());
	parent = child_fork();
	if (!parent) {
		EXPECT_EQ(0, sem_do(id, 0, -1, SEM_UNDO));
		child = child_fork();
		if (!child) {
			EXPECT_EQ(0, sem_do(id, 1, -2, SEM_UNDO));
			EXPECT_TRUE(VALUES_ARE(id, 4, 3));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(child));
		EXPECT_TRUE(VALUES_ARE(id, 4, 5));
		/* and the other way round: the child lives on */
		child = fork();
		if (!child) {
			EXPECT_EQ(0, sem_do(id, 1, 1, SEM_UNDO));
			reach(1);
			EXPECT_TRUE(is_reached(2));
			reach(3);
			child_exit();
		}
		EXPECT_TRUE(is_reached(1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(parent));
	EXPECT_TRUE(VALUES_ARE(id, 5, 6));
	reach(2);
	EXPECT_TRUE(is_reached(3));
	/* nobody waits for the orphan */
	EXPECT_TRUE(EVENTUALLY(sem_getval(id, 1) == 5));
	EXPECT_TRUE(VALUES_ARE(id, 5, 5));
	EXPECT_EQ(0, sem_rmid(id));
}

static char stack[65536] __attribute__((aligned(16)));
static int vm_id;

static int vm_child(void *data)
{
	if (sem_do(vm_id, 1, -1, SEM_UNDO))
		syscall(SYS_exit, 78);
	if (data) {
		reach(1);
		is_reached(2);
	}
	syscall(SYS_exit, 0);
	return 0;
}

/* A child that shares the memory, as after vfork(), is another process all the same. */
TEST_F(sem, processes_that_share_memory_do_not_share_it)
{
	int status = -1, shared;
	pid_t pid, child;

	vm_id = SET_OF(5, 5);
	ASSERT_LE(0, vm_id);
	ASSERT_EQ(0, steps_begin());
	for (shared = 0; shared < 2; shared++) {
		reach(0);
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, sem_do(vm_id, 0, -1, SEM_UNDO));
			child = clone(vm_child, stack + sizeof(stack),
				      CLONE_VM | SIGCHLD | (shared ? 0 : CLONE_VFORK),
				      shared ? stack : NULL);
			EXPECT_LT(0, child);
			if (shared) {
				EXPECT_TRUE(is_reached(1));
				EXPECT_TRUE(VALUES_ARE(vm_id, 4, 4));
				reach(2);
			}
			EXPECT_EQ(child, waitpid(child, &status, 0));
			EXPECT_EQ(0, status);
			EXPECT_TRUE(VALUES_ARE(vm_id, 4, 5));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_TRUE(VALUES_ARE(vm_id, 5, 5));
	}
	EXPECT_EQ(0, sem_rmid(vm_id));
}

/* The parent of one that shares its memory ends first. */
TEST_F(sem, undo_of_a_process_does_not_wait_for_who_shares_its_memory)
{
	pid_t pid;

	vm_id = SET_OF(5, 5);
	ASSERT_LE(0, vm_id);
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do(vm_id, 0, -1, SEM_UNDO));
		EXPECT_LT(0, clone(vm_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, stack));
		EXPECT_TRUE(is_reached(1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(vm_id, 5, 4));
	reach(2);
	EXPECT_TRUE(EVENTUALLY(sem_getval(vm_id, 1) == 5));
	EXPECT_EQ(0, sem_rmid(vm_id));
}

/*
 * A deliberate difference: here adjustments belong to processes, there to whoever shares
 * them by CLONE_SYSVSEM.
 */
TEST_F(sem, clone_sysvsem_shares_it_between_processes_in_the_kernel_alone)
{
	bool native = sem == &sem_native;
	int id = SET_OF(5, 5), status = -1;
	pid_t pid, child;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do(id, 0, -1, SEM_UNDO));
		child = syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0);
		if (!child)
			_exit(sem_do(id, 1, -1, SEM_UNDO));
		EXPECT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_TRUE(VALUES_ARE(id, 4, native ? 4 : 5));
		EXPECT_EQ(0, unshare(CLONE_SYSVSEM));
		EXPECT_TRUE(VALUES_ARE(id, native ? 5 : 4, 5));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 5, 5));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- exec */

static const struct sem_ops *const implementations[] = {
	&sem_native, &sem_kipc, &sem_kipc_fd,
};

/*
 * This program after an exec, with the implementation, the set, and the descriptors of
 * the instance and the set: it operates on semaphore 0, tells it by the 1st, and ends
 * when the 2nd says so.
 */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	int id;

	if (argc != 6 || strcmp(argv[1], "--after-exec"))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sem = implementations[atoi(argv[2])];
	id = atoi(argv[3]);
	sem_dev = atoi(argv[4]);
	sem_fds[0] = (struct sem_fd) { .id = id, .fd = atoi(argv[5]) };
	sem_fds_used = sem_fds[0].fd >= 0;
	if (sem_do(id, 0, -1, SEM_UNDO) || sem_do(id, 1, 1, 0) || sem_do(id, 2, -1, 0))
		_exit(78);
	_exit(0);
}

static void exec_again(int id)
{
	char which[16], set[16], dev[16], fd[16];
	struct sem_fd *known = sem_fd_find(id);
	size_t i = 0;

	while (implementations[i] != sem)
		i++;
	snprintf(which, sizeof(which), "%zu", i);
	snprintf(set, sizeof(set), "%d", id);
	snprintf(dev, sizeof(dev), "%d", sem_dev);
	snprintf(fd, sizeof(fd), "%d", known ? known->fd : -1);
	fcntl(sem_dev, F_SETFD, 0);
	if (known)
		fcntl(known->fd, F_SETFD, 0);
	execl("/proc/self/exe", "sem_undo_test", "--after-exec", which, set, dev, fd, NULL);
	_exit(79);
}

static void *exec_in_thread(void *data)
{
	exec_again(*(int *)data);
	return NULL;
}

static void exec_keeps(struct __test_metadata *_metadata, bool by_thread)
{
	struct timespec limit = { .tv_sec = DEADLINE_MS / 1000 };
	struct sembuf take = SEM_OP(1, -1, 0);
	int id = SET_OF(5, 0, 0);
	pthread_t thread;
	char path[64];
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do(id, 0, -1, SEM_UNDO));
		EXPECT_EQ(0, in_a_thread(id, 0, -2, SEM_UNDO));
		/* the thread that lives on is not the one that began to adjust */
		if (!by_thread)
			exec_again(id);
		EXPECT_EQ(0, pthread_create(&thread, NULL, exec_in_thread, &id));
		for (;;)
			pause();
	}
	ASSERT_EQ(0, sem->timedop(id, &take, 1, &limit));
	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, pid);
	EXPECT_EQ(0, access(path, F_OK));
	EXPECT_TRUE(VALUES_ARE(id, 1, 0, 0));
	EXPECT_EQ(pid, sem_getpid(id, 0));
	EXPECT_EQ(0, sem_do(id, 2, 1, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 5, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, exec_keeps_it)
{
	exec_keeps(_metadata, false);
}

TEST_F(sem, exec_by_another_thread_than_the_first_keeps_it)
{
	exec_keeps(_metadata, true);
}

TEST_HARNESS_MAIN
