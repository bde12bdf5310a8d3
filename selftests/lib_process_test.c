// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc keeps nothing of its own: what fork, exec, threads, handlers of signals and
 * closefrom do to a program, they do to its descriptors and attachments alone. Also for
 * 32-bit programs.
 */
#include "lib_fixture.h"
#include "threads.h"

#define PAGE		4096
#define THREADS		8
#define ROUNDS		300

/* One use of each family on an instance; whether all went well. */
static bool all_families_work(int dev)
{
	int shm = kipc_shm_get(dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 0);
	int sem = kipc_sem_get(dev, KIPC_KEY_PRIVATE, 1, 0600, 0);
	int msg = kipc_msg_get(dev, KIPC_KEY_PRIVATE, 0600, 0);
	struct kipc_sem_op op = { .op = 1 };
	char *p = kipc_shm_attach(dev, shm, NULL, 0);
	__s64 type = 0;
	char c = 0;
	int fds[2];
	bool good;

	if (p == KIPC_SHM_FAILED || kipc_pipe(dev, fds, KIPC_PIPE_CLOEXEC, 0))
		return false;
	*p = 'x';
	good = write(fds[1], p, 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'x' &&
	       !kipc_sem_op(dev, sem, &op, 1, 0, KIPC_TIMEOUT_NONE) &&
	       !kipc_msg_send(dev, msg, 5, p, 1, 0, KIPC_TIMEOUT_NONE) &&
	       kipc_msg_receive(dev, msg, &type, &c, 1, 0, KIPC_TIMEOUT_NONE) == 1 &&
	       !kipc_shm_detach(dev, p) && !kipc_shm_remove(dev, shm) &&
	       !kipc_sem_remove(dev, sem) && !kipc_msg_remove(dev, msg);
	close(fds[0]);
	close(fds[1]);
	return good;
}

/* Constructor of a program that was executed: which of two descriptors has it got? */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	struct kipc_sem_op op = { .op = 1 };
	int kept, closed, id;

	if (argc != 5 || strcmp(argv[1], "--after-exec"))
		return;
	kept = atoi(argv[2]);
	closed = atoi(argv[3]);
	id = atoi(argv[4]);
	if (kipc_abi(closed) != -1 || errno != EBADF)
		_exit(1);
	if (kipc_sem_op(kept, id, &op, 1, 0, KIPC_TIMEOUT_NONE))
		_exit(2);
	_exit(all_families_work(kept) ? 0 : 3);
}

struct sleeper {
	int dev;
	int id;
	pid_t tid;
	int ret;
};

static void *take(void *arg)
{
	struct kipc_sem_op op = { .op = -1 };
	struct sleeper *sleeper = arg;

	__atomic_store_n(&sleeper->tid, gettid(), __ATOMIC_RELEASE);
	sleeper->ret = kipc_sem_op(sleeper->dev, sleeper->id, &op, 1, 0, KIPC_TIMEOUT_NONE);
	return NULL;
}

TEST_F(lib, child_of_a_program_whose_thread_sleeps_in_a_call_uses_what_it_inherits)
{
	struct sleeper sleeper = { .dev = self->dev };
	struct kipc_sem_op op = { .op = 1 };
	pthread_t thread;
	pid_t pid;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	sleeper.id = kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 1, 0600, 0);
	ASSERT_LE(0, sleeper.id);
	ASSERT_EQ(0, pthread_create(&thread, NULL, take, &sleeper));
	ASSERT_TRUE(EVENTUALLY(__atomic_load_n(&sleeper.tid, __ATOMIC_ACQUIRE)));
	ASSERT_TRUE(wait_blocked(sleeper.tid, SYS_ioctl));

	pid = child_fork();
	if (!pid)
		_exit(all_families_work(self->dev) &&
		      !kipc_sem_op(self->dev, sleeper.id, &op, 1, 0, KIPC_TIMEOUT_NONE) ? 0 : 1);
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, sleeper.ret);
}

TEST_F(lib, program_that_is_executed_has_the_descriptors_that_were_left_to_it)
{
	char kept[16], closed[16], id[16];
	char *const argv[] = { "lib_process_test", "--after-exec", kept, closed, id, NULL };
	struct kipc_sem_value value;
	int sem = kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 1, 0600, 0);
	int dup_of_it = fcntl(self->dev, F_DUPFD, 100);
	pid_t pid;

	ASSERT_LE(0, sem);
	ASSERT_LE(0, dup_of_it);
	snprintf(kept, sizeof(kept), "%d", dup_of_it);
	snprintf(closed, sizeof(closed), "%d", self->dev);
	snprintf(id, sizeof(id), "%d", sem);
	pid = child_fork();
	if (!pid) {
		execv("/proc/self/exe", argv);
		_exit(100);
	}
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, kipc_sem_get_value(self->dev, sem, 0, &value, sizeof(value)));
	EXPECT_EQ(1, value.value);
}

struct worker {
	pthread_t thread;
	int dev;
	int sem;
	int msg;
	int number;
	int failures;
};

/* Take the semaphore, send oneself a message, receive it, give the semaphore back. */
static void *work(void *arg)
{
	struct kipc_sem_op down = { .op = -1 }, up = { .op = 1 };
	struct worker *me = arg;
	__s64 type;
	int i, got;

	for (i = 0; i < ROUNDS; i++) {
		type = me->number;
		got = -1;
		if (kipc_sem_op(me->dev, me->sem, &down, 1, 0, KIPC_TIMEOUT_NONE) ||
		    kipc_msg_send(me->dev, me->msg, type, &i, sizeof(i), 0,
				  KIPC_TIMEOUT_NONE) ||
		    kipc_msg_receive(me->dev, me->msg, &type, &got, sizeof(got), 0,
				     KIPC_TIMEOUT_NONE) != sizeof(got) ||
		    got != i || type != me->number ||
		    kipc_sem_op(me->dev, me->sem, &up, 1, 0, KIPC_TIMEOUT_NONE))
			me->failures++;
	}
	return NULL;
}

TEST_F(lib, threads_share_a_descriptor)
{
	struct worker workers[THREADS];
	struct kipc_sem_value value;
	struct kipc_msg_stat stat;
	int sem, msg, i;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	sem = kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 1, 0600, 0);
	msg = kipc_msg_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0);
	ASSERT_EQ(0, kipc_sem_set_value(self->dev, sem, 0, 2));
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.dev = self->dev, .sem = sem, .msg = msg, .number = i + 1,
		};
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
		EXPECT_EQ(0, workers[i].failures);
	}
	ASSERT_EQ(0, kipc_sem_get_value(self->dev, sem, 0, &value, sizeof(value)));
	EXPECT_EQ(2, value.value);
	ASSERT_EQ(0, kipc_msg_stat(self->dev, msg, 0, &stat, sizeof(stat)));
	EXPECT_EQ(0, stat.qnum);
}

/* What the handler uses. */
static int handler_dev, handler_msg;

static void send_from_handler(int sig)
{
	int err = errno;

	kipc_msg_send(handler_dev, handler_msg, sig, "!", 1, KIPC_MSG_NOWAIT, 0);
	errno = err;
}

static void *interrupt(void *arg)
{
	pid_t *main_thread = arg;

	if (!wait_blocked(*main_thread, SYS_ioctl))
		return NULL;
	tgkill(getpid(), *main_thread, SIGUSR1);
	return arg;
}

TEST_F(lib, handler_of_a_signal_makes_calls_while_its_thread_sleeps_in_one)
{
	struct sigaction action = { .sa_handler = send_from_handler };
	pid_t main_thread = gettid();
	pthread_t thread;
	__s64 type = 0;
	void *sent;
	char c = 0;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	handler_dev = self->dev;
	handler_msg = kipc_msg_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0);
	ASSERT_LE(0, handler_msg);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, interrupt, &main_thread));
	/* the message comes after the sleep has ended */
	EXPECT_FAILS(EINTR, kipc_msg_receive(self->dev, handler_msg, &type, &c, 1, 0,
					     KIPC_TIMEOUT_NONE));
	ASSERT_EQ(0, pthread_join(thread, &sent));
	EXPECT_NE(NULL, sent);
	EXPECT_EQ(1, kipc_msg_receive(self->dev, handler_msg, &type, &c, 1, KIPC_MSG_NOWAIT, 0));
	EXPECT_EQ(SIGUSR1, type);
	EXPECT_EQ('!', c);
}

TEST_F(lib, closing_all_descriptors_leaves_attachments_and_a_way_back)
{
	int shm = kipc_shm_get(self->dev, KEY, PAGE, 0600, KIPC_GET_CREAT, 0);
	struct kipc_shm_stat stat;
	char *p;

	ASSERT_LE(0, shm);
	p = kipc_shm_attach(self->dev, shm, NULL, 0);
	ASSERT_NE(KIPC_SHM_FAILED, (void *)p);
	strcpy(p, "hello");

	closefrom(3);
	EXPECT_FAILS(EBADF, kipc_shm_stat(self->dev, shm, 0, &stat, sizeof(stat)));
	EXPECT_STREQ("hello", p);
	self->dev = kipc_open(OWN);
	ASSERT_EQ(3, self->dev);
	EXPECT_EQ(shm, kipc_shm_get(self->dev, KEY, PAGE, 0600, 0, 0));
	ASSERT_EQ(0, kipc_shm_stat(self->dev, shm, 0, &stat, sizeof(stat)));
	EXPECT_EQ(1, stat.nattch);
	EXPECT_EQ(0, kipc_shm_detach(self->dev, p));
	EXPECT_TRUE(all_families_work(self->dev));
}

TEST_F(lib, calls_leave_no_descriptor_but_those_they_return)
{
	int before = descriptors(), fd;

	EXPECT_TRUE(all_families_work(self->dev));
	EXPECT_EQ(before, descriptors());
	fd = kipc_open(OWN);
	EXPECT_LE(0, fd);
	EXPECT_EQ(before + 1, descriptors());
	close(fd);
	EXPECT_EQ(before, descriptors());
}

TEST_HARNESS_MAIN
