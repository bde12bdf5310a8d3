// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc-preload.so: processes, the doors to it, and what it must make up of what only the
 * kernel could know: bad addresses, old numbers, old flags. That the calls mean what System V
 * says is tested by others, built as NAME_shim.
 *
 * The library is preloaded to this program; each test mounts the instance that it uses.
 */
#include "preload_fixture.h"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/mman.h>

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

#ifdef SYS_ipc

/* The calls of linux/ipc.h, which cannot be included here. */
enum {
	SEMOP = 1, SEMGET = 2, SEMCTL = 3,
	MSGSND = 11, MSGRCV = 12, MSGGET = 13, MSGCTL = 14,
	SHMAT = 21, SHMDT = 22, SHMGET = 23, SHMCTL = 24,
};

/* what says that a structure is one of today */
#define IPC_64 0x100
/* of MSGRCV, which takes its arguments one by one */
#define NEW (1 << 16)

TEST_F(preload, semaphores_by_the_one_number_of_old)
{
	struct sembuf one = { .sem_op = 1 };
	unsigned long arg = 4;
	struct semid_ds ds;
	int id;

	id = syscall(SYS_ipc, SEMGET, IPC_PRIVATE, 2, IPC_CREAT | 0600);
	EXPECT_EQ(2, instance_stats().sems);
	EXPECT_EQ(0, syscall(SYS_ipc, SEMCTL, id, 1, SETVAL | IPC_64, &arg));
	EXPECT_EQ(0, syscall(SYS_ipc, SEMOP, id, 1, 0, &one));
	EXPECT_EQ(1, syscall(SYS_ipc, SEMCTL, id, 0, GETVAL | IPC_64, &arg));
	EXPECT_EQ(4, syscall(SYS_ipc, SEMCTL, id, 1, GETVAL | IPC_64, &arg));
	arg = (unsigned long)&ds;
	EXPECT_EQ(0, syscall(SYS_ipc, SEMCTL, id, 0, IPC_STAT | IPC_64, &arg));
	EXPECT_EQ(2, ds.sem_nsems);
	/* the address of the argument, and what it says */
	EXPECT_EQ(-1, syscall(SYS_ipc, SEMCTL, id, 0, IPC_STAT | IPC_64, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, syscall(SYS_ipc, SEMCTL, id, 0, IPC_STAT | IPC_64, 8));
	EXPECT_EQ(EFAULT, errno);
	arg = 8;
	EXPECT_EQ(-1, syscall(SYS_ipc, SEMCTL, id, 0, IPC_STAT | IPC_64, &arg));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, syscall(SYS_ipc, SEMCTL, id, 0, IPC_RMID | IPC_64, &arg));
	EXPECT_EQ(0, instance_stats().sems);
}

TEST_F(preload, messages_by_the_one_number_of_old)
{
	struct message m = { .type = 3, .text = "abc" }, n = { 0 };
	struct {
		struct message *message;
		long type;
	} old = { .message = &n };
	struct msqid_ds ds;
	int id;

	id = syscall(SYS_ipc, MSGGET, IPC_PRIVATE, IPC_CREAT | 0600);
	EXPECT_EQ(0, syscall(SYS_ipc, MSGSND, id, 3, 0, &m));
	m.type = 4;
	EXPECT_EQ(0, syscall(SYS_ipc, MSGSND, id, 2, IPC_NOWAIT, &m));
	EXPECT_EQ(0, syscall(SYS_ipc, MSGCTL, id, IPC_STAT | IPC_64, 0, &ds));
	EXPECT_EQ(2, ds.msg_qnum);
	EXPECT_EQ(2, syscall(SYS_ipc, MSGRCV | NEW, id, 8, 0, &n, 4));
	EXPECT_EQ(4, n.type);
	EXPECT_EQ(3, syscall(SYS_ipc, MSGRCV, id, 8, 0, &old));
	EXPECT_EQ(3, n.type);
	EXPECT_STREQ("abc", n.text);
	EXPECT_EQ(-1, syscall(SYS_ipc, MSGRCV, id, 8, IPC_NOWAIT, &old));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, syscall(SYS_ipc, MSGRCV, id, 8, IPC_NOWAIT, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, syscall(SYS_ipc, MSGRCV, id, 8, IPC_NOWAIT, 8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, syscall(SYS_ipc, MSGCTL, id, IPC_RMID | IPC_64, 0, NULL));
}

TEST_F(preload, memory_by_the_one_number_of_old)
{
	char **fixed = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct shmid_ds ds;
	char *p = NULL;
	pid_t pid;
	int id;

	id = syscall(SYS_ipc, SHMGET, IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	EXPECT_EQ(1, instance_stats().shm_segments);
	ASSERT_EQ(0, syscall(SYS_ipc, SHMAT, id, 0, &p, NULL));
	*p = 1;
	EXPECT_EQ(0, syscall(SYS_ipc, SHMCTL, id, IPC_STAT | IPC_64, 0, &ds));
	EXPECT_EQ(1, ds.shm_nattch);
	EXPECT_EQ(PAGE, ds.shm_segsz);
	EXPECT_EQ(0, syscall(SYS_ipc, SHMDT, 0, 0, 0, p));
	EXPECT_EQ(-1, syscall(SYS_ipc, SHMDT, 0, 0, 0, p));
	EXPECT_EQ(EINVAL, errno);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(-1, syscall(SYS_ipc, SHMAT, id, 0, fixed, NULL));
		EXPECT_EQ(EFAULT, errno);
		/* attached it is, but nobody was told where: so it is natively */
		EXPECT_EQ(1, nattch(id));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(-1, syscall(SYS_ipc, SHMAT | NEW, id, 0, &p, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, syscall(SYS_ipc, SHMCTL, id, IPC_RMID | IPC_64, 0, NULL));
	EXPECT_EQ(-1, syscall(SYS_ipc, 99, 0, 0, 0, 0));
	EXPECT_EQ(ENOSYS, errno);
}

#endif /* SYS_ipc */

/* --- what the kernel looks at, and we must */

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
	i = 1;
	/* nor of a set that is not there */
	FAULTS(semop(semid + 1, bad[i], 1));
	i = 3;
	FAULTS(semtimedop(semid, &one, 1, ts));
#undef FAULTS
	EXPECT_EQ(0, value_of(semid));
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(0, semctl(semid, 0, IPC_RMID));
	EXPECT_EQ(0, msgctl(msgid, IPC_RMID, NULL));
}

TEST_F(preload, messages_for_memory_that_is_only_read_are_efault)
{
	struct message *m = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	struct message empty = { .type = 1 };
	struct msqid_ds ds;

	ASSERT_NE(MAP_FAILED, (void *)m);
	/* there is nothing of it to be written but its type */
	EXPECT_EQ(0, msgsnd(id, &empty, 0, 0));
	EXPECT_EQ(-1, msgrcv(id, m, sizeof(m->text), 0, 0));
	EXPECT_EQ(EFAULT, errno);
	/* it is lost, as it is natively */
	EXPECT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(0, ds.msg_qnum);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

TEST_F(preload, what_stands_beside_a_message_is_not_touched)
{
	struct {
		int before;
		struct message m;
		int after;
	} at;
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	struct message m = { .type = 3, .text = "abc" };

	memset(&at, POISON, sizeof(at));
	EXPECT_EQ(0, msgsnd(id, &m, 1, 0));
	EXPECT_EQ(1, msgrcv(id, &at.m, sizeof(at.m.text), 0, 0));
	EXPECT_EQ(3, at.m.type);
	EXPECT_EQ('a', at.m.text[0]);
	EXPECT_TRUE(is_all(&at.before, POISON, sizeof(at.before)));
	EXPECT_TRUE(is_all(at.m.text + 1, POISON, sizeof(at.m.text) - 1));
	EXPECT_TRUE(is_all(&at.after, POISON, sizeof(at.after)));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

TEST_F(preload, commands_of_32_bit_programs_are_those_alone)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	int expected = sizeof(long) == 8 ? -1 : 0;
	struct shmid_ds ds;

	errno = EINVAL;
	EXPECT_EQ(expected, shmctl(id, IPC_STAT | 0x100, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
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

/* From 5.12 on the kernel copies the operations before it looks at what else is wrong. */
TEST_F(preload, operations_are_looked_at_before_the_id_and_the_time)
{
	struct timespec wrong = { .tv_nsec = -1 };
	struct sembuf ops[501] = { { .sem_op = 1 } };

	EXPECT_EQ(-1, semop(-1, ops, 501));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, semop(-1, nowhere(), 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, semop(-1, nowhere(), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, semop(-1, ops, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, semtimedop(0, ops, 501, &wrong));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, semtimedop(0, nowhere(), 1, &wrong));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, semtimedop(0, ops, 501, nowhere() + 1));
	EXPECT_EQ(EFAULT, errno);
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

/* --- files of /proc */

/* The kernel's own: a system call of ours is nobody's to take over. */
static bool kernel_has(const char *path, char *buf, size_t size)
{
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return fd >= 0;
}

/* What a stream of @path says. */
static bool stream_read(FILE *f, char *buf, size_t size)
{
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	buf[n] = '\0';
	return f && !fclose(f);
}

static bool fd_says(int fd, const char *what)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n > 0 && strstr(buf, what);
}

TEST_F(preload, tables_in_proc_are_those_of_the_instance)
{
	static const char table[] = "/proc/sysvipc/msg";
	int id = msgget(0x4b495043, IPC_CREAT | 0640), fds = fds_open(), n;
	char key[32], buf[4096], kernels[4096];

	ASSERT_LE(0, id);
	snprintf(key, sizeof(key), "%10d %10d  %4o ", 0x4b495043, id, 0640);
	ASSERT_LT(0, file_read(table, buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, key));
	kernel_has(table, kernels, sizeof(kernels));
	EXPECT_EQ(NULL, strstr(kernels, key));
	EXPECT_TRUE(fd_says(open64(table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(openat(AT_FDCWD, table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(openat64(AT_FDCWD, table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(__open_2(table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(__open64_2(table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(__openat_2(AT_FDCWD, table, O_RDONLY), key));
	EXPECT_TRUE(fd_says(__openat64_2(AT_FDCWD, table, O_RDONLY), key));
	EXPECT_TRUE(stream_read(fopen(table, "r"), buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, key));
	EXPECT_TRUE(stream_read(fopen64(table, "re"), buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, key));
	/* it has the number that is the next, and the flags that were asked for */
	n = dup(0);
	close(n);
	EXPECT_EQ(n, open(table, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(FD_CLOEXEC, fcntl(n, F_GETFD));
	close(n);
	EXPECT_EQ(fds, fds_open());
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
	ASSERT_LT(0, file_read("/proc/sysvipc/shm", buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, "nattch"));
	ASSERT_LT(0, file_read("/proc/sysvipc/sem", buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, "nsems"));
}

TEST_F(preload, limits_in_proc_are_those_of_the_instance)
{
	char before[64], after[64], buf[64];
	int id, next;

	kernel_has("/proc/sys/kernel/shmmax", before, sizeof(before));
	ASSERT_EQ(0, file_write("/proc/sys/kernel/shmmax", "8192\n"));
	ASSERT_LT(0, file_read("/proc/sys/kernel/shmmax", buf, sizeof(buf)));
	EXPECT_STREQ("8192\n", buf);
	EXPECT_EQ(-1, shmget(IPC_PRIVATE, 8193, 0600));
	EXPECT_EQ(EINVAL, errno);
	kernel_has("/proc/sys/kernel/shmmax", after, sizeof(after));
	EXPECT_STREQ(before, after);
	/* as who restores a queue has it */
	id = msgget(IPC_PRIVATE, 0600);
	ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
	snprintf(buf, sizeof(buf), "%d", id);
	ASSERT_EQ(0, file_write("/proc/sys/kernel/msg_next_id", buf));
	next = msgget(IPC_PRIVATE, 0600);
	EXPECT_EQ(id, next);
	EXPECT_EQ(0, msgctl(next, IPC_RMID, NULL));
	ASSERT_EQ(0, file_write("/proc/sys/kernel/msg_next_id", "4711"));
	next = msgget(IPC_PRIVATE, 0600);
	EXPECT_EQ(4711, next);
	EXPECT_EQ(0, msgctl(next, IPC_RMID, NULL));
	ASSERT_LT(0, file_read("/proc/sys/kernel/msg_next_id", buf, sizeof(buf)));
	EXPECT_STREQ("-1\n", buf);
	ASSERT_EQ(0, file_write("/proc/sys/kernel/sem", "7 8 9 1"));
	EXPECT_EQ(-1, semget(IPC_PRIVATE, 8, 0600));
	EXPECT_EQ(EINVAL, errno);
	id = semget(IPC_PRIVATE, 7, 0600);
	EXPECT_EQ(-1, semget(IPC_PRIVATE, 1, 0600));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
	/* who may not, may not */
	next = child_fork();
	if (!next) {
		become(OTHER_UID);
		EXPECT_EQ(-1, file_write("/proc/sys/kernel/shmmax", "1"));
		EXPECT_EQ(EACCES, errno);
		EXPECT_LT(0, file_read("/proc/sys/kernel/shmmax", buf, sizeof(buf)));
		EXPECT_STREQ("8192\n", buf);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(next));
}

TEST_F(preload, other_files_are_opened_as_ever)
{
	char *edge = edge_alloc(1) + PAGE - 5, buf[64];

	memcpy(edge, "/dev", 5);
	EXPECT_TRUE(stream_read(fopen(edge, "r"), buf, sizeof(buf)));
	errno = 77;
	EXPECT_LT(0, file_read("/proc/sys/kernel/ostype", buf, sizeof(buf)));
	EXPECT_STREQ("Linux\n", buf);
	EXPECT_EQ(77, errno);
	EXPECT_EQ(-1, open(nowhere(), O_RDONLY));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, openat(AT_FDCWD, (char *)nowhere() - 1, O_RDONLY));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(NULL, fopen(nowhere(), "r"));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(NULL, fopen(nowhere(), "?"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, open("/proc/sysvipc/no", O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, open(MOUNTS "/no", O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_LE(0, close(open(MOUNTS "/new", O_CREAT | O_WRONLY, 0600)));
	EXPECT_EQ(0, access(MOUNTS "/new", R_OK));
}

TEST_HARNESS_MAIN
