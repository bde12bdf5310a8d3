// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc-preload.so: what it leaves of itself in a program, the doors to it, and what it
 * must make up of what only the kernel could know: bad addresses, old numbers, old flags.
 * That the calls mean what System V says is tested by others, built as NAME_shim.
 *
 * The library is preloaded to this program; each test mounts the instance that it uses.
 */
#include "mounts.h"
#include "threads.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define INSTANCE MOUNTS "/instance"
#define PAGE	 4096

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

struct message {
	long type;
	char text[8];
};

FIXTURE(preload)
{
	long long objects;
};

FIXTURE_SETUP(preload)
{
	self->objects = param_get("objects");
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(INSTANCE, NULL));
}

FIXTURE_TEARDOWN(preload)
{
	children_reap();
	EXPECT_TRUE(EVENTUALLY(umount(INSTANCE) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* What lives in the instance, as kipc itself says. */
static struct kipc_stats instance_stats(void)
{
	int fd = open_in(INSTANCE, "control", O_RDWR);
	struct kipc_stats stats = stats_of(fd);

	close(fd);
	return stats;
}

static int fds_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int value_of(int set)
{
	return semctl(set, 0, GETVAL);
}

static int add(int set, int op, int flags)
{
	struct sembuf one = { .sem_op = op, .sem_flg = flags };

	return semop(set, &one, 1);
}

static long nattch(int id)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) ? -1 : (long)ds.shm_nattch;
}

/* Every call once; the first that fails, or NULL. */
static const char *use_everything(void)
{
	struct message m = { .type = 1 };
	struct timespec second = { .tv_sec = 1 };
	struct sembuf one = { .sem_op = 1 };
	int id;
	void *p;

	id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	p = shmat(id, NULL, 0);
	if (id < 0 || p == (void *)-1 || nattch(id) != 1)
		return "shmget and shmat";
	if (shmdt(p) || shmctl(id, IPC_RMID, NULL))
		return "shmdt and shmctl";
	id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (id < 0 || semop(id, &one, 1) || semtimedop(id, &one, 1, &second) ||
	    value_of(id) != 2 || semctl(id, 0, IPC_RMID))
		return "semaphores";
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (id < 0 || msgsnd(id, &m, 8, 0) || msgrcv(id, &m, 8, 0, 0) != 8 ||
	    msgctl(id, IPC_RMID, NULL))
		return "messages";
	return NULL;
}

/* --- descriptors */

TEST_F(preload, calls_are_made_on_the_instance_and_leave_no_descriptor)
{
	int before = fds_open(), shmid, semid, msgid;
	struct kipc_stats stats;

	EXPECT_EQ(NULL, use_everything());
	shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	semid = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	msgid = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	EXPECT_EQ(before, fds_open());
	stats = instance_stats();
	EXPECT_EQ(1, stats.shm_segments);
	EXPECT_EQ(3, stats.sems);
	EXPECT_EQ(1, stats.msg_queues);
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(0, semctl(semid, 0, IPC_RMID));
	EXPECT_EQ(0, msgctl(msgid, IPC_RMID, NULL));
}

TEST_F(preload, programs_that_sweep_their_descriptors_go_on)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600), fd;
	char *p = shmat(id, NULL, 0);

	ASSERT_NE((char *)-1, p);
	*p = 1;
	closefrom(3);
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, close_range(3, ~0U, 0));
	EXPECT_EQ(NULL, use_everything());
	for (fd = 3; fd < 1024; fd++) {
		EXPECT_EQ(-1, close(fd));
		EXPECT_EQ(EBADF, errno);
	}
	EXPECT_EQ(NULL, use_everything());
	/* the next number is that which it would be without us */
	fd = open("/dev/null", O_RDONLY);
	EXPECT_EQ(3, fd);
	close(fd);
	EXPECT_EQ(1, *p);
	EXPECT_EQ(1, nattch(id));
	EXPECT_EQ(0, shmdt(p));
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

TEST_F(preload, soft_limit_of_descriptors_does_not_matter_the_hard_one_is_enomem)
{
	struct rlimit limit = { .rlim_cur = 32, .rlim_max = 64 }, now;
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(0) >= 0)
		;
	ASSERT_EQ(EMFILE, errno);
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &now));
	EXPECT_EQ(32, now.rlim_cur);
	EXPECT_EQ(64, now.rlim_max);
	EXPECT_EQ(-1, dup(0));

	limit.rlim_max = 32;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, add(id, 1, 0));
	EXPECT_EQ(ENOMEM, errno);
	close(31);
	EXPECT_EQ(0, add(id, 1, 0));
	EXPECT_EQ(1, value_of(id));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

/* --- threads */

struct receiver {
	int id;
	pid_t tid;
	ssize_t got;
	struct message m;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;

	__atomic_store_n(&r->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	r->got = msgrcv(r->id, &r->m, sizeof(r->m.text), 0, 0);
	return NULL;
}

static bool is_asleep(struct receiver *r)
{
	pid_t tid = __atomic_load_n(&r->tid, __ATOMIC_ACQUIRE);

	return tid && task_is_blocked(tid, SYS_ioctl);
}

TEST_F(preload, what_took_the_number_of_a_sleepers_descriptor_stays_open)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	struct message m = { .type = 5 };
	pthread_t thread;
	int i, fd;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	closefrom(3);
	for (i = 0; i < 8; i++) {
		fd = open("/dev/null", O_RDONLY);
		EXPECT_EQ(3 + i, fd);
	}
	EXPECT_EQ(0, msgsnd(r.id, &m, 3, 0));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(3, r.got);
	EXPECT_EQ(5, r.m.type);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, close(3 + i));
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
}

TEST_F(preload, thread_that_is_cancelled_in_msgrcv_leaves_no_descriptor)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	int before = fds_open();
	pthread_t thread;
	void *result;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	EXPECT_EQ(before + 1, fds_open());
	EXPECT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
}

TEST_F(preload, child_has_no_descriptor_of_a_thread_that_sleeps)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	int before = fds_open();
	pthread_t thread;
	pid_t pid;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	EXPECT_EQ(before + 1, fds_open());
	pid = child_fork();
	if (!pid)
		_exit(fds_open() == before && !use_everything() ? 0 : 1);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-1, r.got);
	EXPECT_EQ(before, fds_open());
}

static void *add_many(void *arg)
{
	int i, set = *(int *)arg, bad = 0;

	for (i = 0; i < 200; i++)
		bad += add(set, 1, 0) != 0;
	return bad ? arg : NULL;
}

TEST_F(preload, threads_call_at_the_same_time)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), before = fds_open(), i;
	pthread_t threads[4];
	void *bad;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, add_many, &id));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &bad));
		EXPECT_EQ(NULL, bad);
	}
	EXPECT_EQ(800, value_of(id));
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

/* --- processes */

/* Become a program that knows nothing of us and ends with its standard input. */
static void become_cat(int in)
{
	dup2(in, 0);
	unsetenv("LD_PRELOAD");
	execl("/bin/cat", "cat", NULL);
	_exit(127);
}

/* Have posix_spawn() run a program that does nothing; its end has been seen. */
static bool spawn_true(void)
{
	char name[] = "true", *argv[2] = { name, NULL }, *env[1] = { NULL };
	int status = -1;
	pid_t pid;

	return !posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env) &&
	       waitpid(pid, &status, 0) == pid && !status;
}

/* A child in our memory, which adjusts the set, if there is one, and ends. */
static __attribute__((noinline)) pid_t vfork_once(int set)
{
	pid_t pid = vfork();

	if (!pid) {
		if (set >= 0)
			add(set, -4, SEM_UNDO);
		_exit(0);
	}
	return pid;
}

TEST_F(preload, undo_is_that_of_the_process_through_exec_and_not_of_its_children)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, add(id, 5, 0));
	pid = child_fork();
	if (!pid) {
		if (add(id, -2, SEM_UNDO))
			_exit(1);
		/* children of each kind take nothing back */
		if (!spawn_true())
			_exit(2);
		pid = vfork_once(-1);
		if (waitpid(pid, NULL, 0) != pid || value_of(id) != 3)
			_exit(3);
		add(id, -1, SEM_UNDO);
		become_cat(fds[0]);
	}
	EXPECT_TRUE(EVENTUALLY(value_of(id) == 2));
	close(fds[0]);
	/* it has become another program when nobody but us has the end to write to */
	close(fds[1]);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(EVENTUALLY(value_of(id) == 5));

	pid = vfork_once(id);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(5, value_of(id));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_F(preload, attachments_are_counted_through_fork_exec_spawn_and_exit)
{
	int id = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600), fds[2];
	char *p = shmat(id, NULL, 0);
	pid_t pid;

	ASSERT_NE((char *)-1, p);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pid = child_fork();
	if (!pid) {
		p[0] = nattch(id);
		/* by the address that its parent attached it at */
		p[1] = 1;
		if (shmdt(p) || nattch(id) != 1)
			_exit(1);
		p = shmat(id, p, 0);
		if (p == (char *)-1)
			_exit(2);
		p[2] = nattch(id);
		become_cat(fds[0]);
	}
	EXPECT_TRUE(EVENTUALLY(p[2] == 2));
	EXPECT_EQ(2, p[0]);
	/* exec ends the attachment, the process goes on */
	EXPECT_TRUE(EVENTUALLY(nattch(id) == 1));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	close(fds[1]);
	EXPECT_EQ(0, child_wait(pid));
	close(fds[0]);

	EXPECT_TRUE(spawn_true());
	pid = vfork_once(-1);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(1, nattch(id));
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
	EXPECT_EQ(1, nattch(id));
	EXPECT_EQ(0, shmdt(p));
	EXPECT_EQ(-1, nattch(id));
	EXPECT_EQ(-1, shmdt(p));
	EXPECT_EQ(EINVAL, errno);
}

/* --- syscall(2) */

TEST_F(preload, other_numbers_go_on_as_they_are)
{
	EXPECT_EQ(getpid(), syscall(SYS_getpid));
	errno = 0;
	EXPECT_EQ(-1, syscall(SYS_close, -1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, syscall(-1));
	EXPECT_EQ(ENOSYS, errno);
	EXPECT_EQ(-1, syscall(100000));
	EXPECT_EQ(ENOSYS, errno);
}

TEST_F(preload, calls_by_number_are_the_same_calls)
{
	struct message m = { .type = 3, .text = "abc" }, n = { 0 };
	struct sembuf one = { .sem_op = 1 };
	struct msqid_ds mds;
	struct shmid_ds sds;
	int id;
	char *p;

	id = syscall(SYS_shmget, IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	EXPECT_EQ(1, instance_stats().shm_segments);
	p = (char *)syscall(SYS_shmat, id, NULL, 0);
	ASSERT_NE((char *)-1, p);
	*p = 1;
	EXPECT_EQ(0, syscall(SYS_shmctl, id, IPC_STAT, &sds));
	EXPECT_EQ(1, sds.shm_nattch);
	EXPECT_EQ(0, syscall(SYS_shmdt, p));
	EXPECT_EQ(0, syscall(SYS_shmctl, id, IPC_RMID, NULL));

	id = syscall(SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | 0600);
	EXPECT_EQ(0, syscall(SYS_semctl, id, 0, SETVAL, 4));
#ifdef SYS_semop
	EXPECT_EQ(0, syscall(SYS_semop, id, &one, 1));
	EXPECT_EQ(0, syscall(SYS_semtimedop, id, &one, 1, NULL));
#else
	/* all in one, as i386 has it: SEMOP, SEMTIMEDOP */
	EXPECT_EQ(0, syscall(SYS_ipc, 1, id, 1, 0, &one));
	EXPECT_EQ(0, syscall(SYS_semtimedop_time64, id, &one, 1, NULL));
#endif
	EXPECT_EQ(6, syscall(SYS_semctl, id, 0, GETVAL));
	EXPECT_EQ(2, instance_stats().sems);
	EXPECT_EQ(-1, syscall(SYS_semctl, id, 2, GETVAL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, syscall(SYS_semctl, id, 0, IPC_RMID));

	id = syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
	EXPECT_EQ(0, syscall(SYS_msgsnd, id, &m, 3, 0));
	EXPECT_EQ(0, syscall(SYS_msgctl, id, IPC_STAT, &mds));
	EXPECT_EQ(1, mds.msg_qnum);
	EXPECT_EQ(3, syscall(SYS_msgrcv, id, &n, 8, 0, 0));
	EXPECT_EQ(3, n.type);
	EXPECT_STREQ("abc", n.text);
	EXPECT_EQ(0, syscall(SYS_msgctl, id, IPC_RMID, NULL));
}

/* --- what the kernel looks at, and we must */

/* The address whose last @size bytes are there and nothing behind them. */
TEST_F(preload, bad_addresses_are_efault_and_no_end_of_the_program)
{
	char *edge = edge_alloc(1) + PAGE;
	void *bad[] = { NULL, nowhere(), edge, edge - 4 };
	struct timespec *ts = (void *)(edge - 4);
	struct sembuf one = { .sem_op = 1 };
	int shmid, semid, msgid;
	size_t i;

	shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	semid = semget(IPC_PRIVATE, 4, IPC_CREAT | 0600);
	msgid = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
#define FAULTS(call) do { \
		errno = 0; \
		EXPECT_EQ(-1, call); \
		EXPECT_EQ(EFAULT, errno) \
			TH_LOG("%s at %p", #call, bad[i]); \
	} while (0)
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FAULTS(shmctl(shmid, IPC_STAT, bad[i]));
		FAULTS(shmctl(shmid, IPC_SET, bad[i]));
		FAULTS(shmctl(0, IPC_INFO, bad[i]));
		FAULTS(shmctl(0, SHM_INFO, bad[i]));
		FAULTS(semctl(semid, 0, IPC_STAT, bad[i]));
		FAULTS(semctl(semid, 0, IPC_SET, bad[i]));
		FAULTS(semctl(semid, 0, GETALL, bad[i]));
		FAULTS(semctl(semid, 0, SETALL, bad[i]));
		FAULTS(semctl(0, 0, IPC_INFO, bad[i]));
		FAULTS(semop(semid, bad[i], 1));
		FAULTS(msgctl(msgid, IPC_STAT, bad[i]));
		FAULTS(msgctl(msgid, IPC_SET, bad[i]));
		FAULTS(msgctl(0, IPC_INFO, bad[i]));
		if (i < 3)
			FAULTS(msgsnd(msgid, bad[i], 8, 0));
	}
	i = 3;
	FAULTS(semtimedop(semid, &one, 1, ts));
#undef FAULTS
	EXPECT_EQ(0, value_of(semid));
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(0, semctl(semid, 0, IPC_RMID));
	EXPECT_EQ(0, msgctl(msgid, IPC_RMID, NULL));
}

TEST_F(preload, flags_of_operations_that_nobody_knows_are_ignored)
{
	int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	struct sembuf ops[] = {
		{ .sem_num = 0, .sem_op = 2, .sem_flg = 0666 },
		{ .sem_num = 1, .sem_op = 3, .sem_flg = IPC_CREAT | SEM_UNDO },
	};
	pid_t pid = child_fork();

	if (!pid)
		_exit(semop(id, ops, 2) ? errno : semctl(id, 1, GETVAL));
	EXPECT_EQ(3, child_wait(pid));
	EXPECT_TRUE(EVENTUALLY(semctl(id, 1, GETVAL) == 0));
	EXPECT_EQ(2, value_of(id));
	ops[1].sem_op = -1;
	ops[1].sem_flg |= IPC_NOWAIT;
	EXPECT_EQ(-1, semop(id, ops, 2));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(2, value_of(id));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_F(preload, setall_needs_no_permission_to_read)
{
	unsigned short values[] = { 1, 2, 3 };
	int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0622);
	pid_t pid = child_fork();

	if (!pid) {
		if (become(OTHER_UID) || semctl(id, 0, GETVAL) != -1 || errno != EACCES)
			_exit(1);
		_exit(semctl(id, 0, SETALL, values) ? 2 : 0);
	}
	EXPECT_EQ(0, child_wait(pid));
	memset(values, POISON, sizeof(values));
	EXPECT_EQ(0, semctl(id, 0, GETALL, values));
	EXPECT_EQ(3, values[2]);
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_F(preload, limits_that_mean_nothing_are_those_that_the_kernel_reports)
{
	struct seminfo sem;
	struct msginfo msg;
	struct shminfo shm;

	memset(&sem, POISON, sizeof(sem));
	EXPECT_EQ(0, semctl(0, 0, IPC_INFO, &sem));
	EXPECT_EQ(32767, sem.semvmx);
	EXPECT_EQ(32767, sem.semaem);
	EXPECT_EQ(20, sem.semusz);
	EXPECT_EQ(500, sem.semume);
	EXPECT_EQ(1024000000, sem.semmnu);
	EXPECT_EQ(1024000000, sem.semmap);
	memset(&msg, POISON, sizeof(msg));
	EXPECT_EQ(0, msgctl(0, IPC_INFO, (struct msqid_ds *)&msg));
	EXPECT_EQ(512000, msg.msgpool);
	EXPECT_EQ(16384, msg.msgmap);
	EXPECT_EQ(16, msg.msgssz);
	EXPECT_EQ(16384, msg.msgtql);
	EXPECT_EQ(65535, msg.msgseg);
	memset(&shm, POISON, sizeof(shm));
	EXPECT_EQ(0, shmctl(0, IPC_INFO, (struct shmid_ds *)&shm));
	EXPECT_EQ(1, shm.shmmin);
	EXPECT_EQ(shm.shmmni, shm.shmseg);
	EXPECT_LE(1UL << 30, shm.shmmax);
}

TEST_F(preload, structures_show_times_of_now_and_no_more_than_was_asked)
{
	struct {
		struct shmid_ds ds;
		char after[16];
	} shm;
	struct {
		struct semid_ds ds;
		char after[16];
	} sem;
	struct {
		struct msqid_ds ds;
		char after[16];
	} msg;
	int shmid, semid, msgid;
	time_t now = time(NULL);

	memset(&shm, POISON, sizeof(shm));
	memset(&sem, POISON, sizeof(sem));
	memset(&msg, POISON, sizeof(msg));
	shmid = shmget(0x5a5a5a5a, 12345, IPC_CREAT | IPC_EXCL | 0640);
	semid = semget(0x5a5a5a5a, 7, IPC_CREAT | IPC_EXCL | 0640);
	msgid = msgget(0x5a5a5a5a, IPC_CREAT | IPC_EXCL | 0640);
	EXPECT_EQ(0, shmctl(shmid, IPC_STAT, &shm.ds));
	EXPECT_EQ(0, semctl(semid, 0, IPC_STAT, &sem.ds));
	EXPECT_EQ(0, msgctl(msgid, IPC_STAT, &msg.ds));
	EXPECT_TRUE(is_all(shm.after, POISON, sizeof(shm.after)));
	EXPECT_TRUE(is_all(sem.after, POISON, sizeof(sem.after)));
	EXPECT_TRUE(is_all(msg.after, POISON, sizeof(msg.after)));
	EXPECT_LE(now - 1, shm.ds.shm_ctime);
	EXPECT_LE(now - 1, sem.ds.sem_ctime);
	EXPECT_LE(now - 1, msg.ds.msg_ctime);
	EXPECT_GE(now + 60, shm.ds.shm_ctime);
	EXPECT_EQ(0, shm.ds.shm_atime);
	EXPECT_EQ(0, sem.ds.sem_otime);
	EXPECT_EQ(0, msg.ds.msg_stime);
	EXPECT_EQ(12345, shm.ds.shm_segsz);
	EXPECT_EQ(getpid(), shm.ds.shm_cpid);
	EXPECT_EQ(7, sem.ds.sem_nsems);
	EXPECT_EQ(16384, msg.ds.msg_qbytes);
	EXPECT_EQ(0640, msg.ds.msg_perm.mode);
	EXPECT_EQ(0x5a5a5a5a, msg.ds.msg_perm.__key);
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(0, semctl(semid, 0, IPC_RMID));
	EXPECT_EQ(0, msgctl(msgid, IPC_RMID, NULL));
}

TEST_F(preload, errno_is_left_alone_by_calls_that_succeed)
{
	errno = 77;
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(77, errno);
}

TEST_F(preload, dlopen_goes_on)
{
	void *handle = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

	EXPECT_NE(NULL, handle);
	EXPECT_EQ(0, dlclose(handle));
	EXPECT_EQ(NULL, dlopen("/nowhere/lib.so", RTLD_NOW | RTLD_DEEPBIND));
	EXPECT_NE(NULL, dlerror());
}

TEST_HARNESS_MAIN
