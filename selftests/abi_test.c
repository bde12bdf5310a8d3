// SPDX-License-Identifier: GPL-2.0
/*
 * The ABI is frozen: numbers, sizes and places of all members, the same for 32-bit
 * and 64-bit programs. Built both ways; each call is made both ways.
 */
#include "kipc_fixture.h"

#include <assert.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static_assert(sizeof(struct kipc_query) == 32, "frozen");
static_assert(sizeof(struct kipc_stats) == 136, "frozen");
static_assert(sizeof(struct kipc_pipe_create) == 24, "frozen");
static_assert(sizeof(struct kipc_pipe_size) == 8, "frozen");
static_assert(sizeof(struct kipc_pipe_splice) == 24, "frozen");
static_assert(sizeof(struct kipc_pipe_stat) == 56, "frozen");
static_assert(sizeof(struct kipc_perm) == 32, "frozen");
static_assert(sizeof(struct kipc_set) == 16, "frozen");
static_assert(sizeof(struct kipc_remove) == 8, "frozen");
static_assert(sizeof(struct kipc_shm_get) == 32, "frozen");
static_assert(sizeof(struct kipc_shm_create) == 24, "frozen");
static_assert(sizeof(struct kipc_shm_open) == 16, "frozen");
static_assert(sizeof(struct kipc_shm_attach) == 16, "frozen");
static_assert(sizeof(struct kipc_shm_detach) == 8, "frozen");
static_assert(sizeof(struct kipc_shm_stat) == 104, "frozen");
static_assert(sizeof(struct kipc_shm_lock) == 8, "frozen");
static_assert(sizeof(struct kipc_shm_info) == 64, "frozen");
static_assert(sizeof(struct kipc_sem_get) == 24, "frozen");
static_assert(sizeof(struct kipc_sem_create) == 16, "frozen");
static_assert(sizeof(struct kipc_sem_open) == 16, "frozen");
static_assert(sizeof(struct kipc_sem_op) == 6, "frozen");
static_assert(sizeof(struct kipc_sem_ops) == 32, "frozen");
static_assert(sizeof(struct kipc_sem_value) == 32, "frozen");
static_assert(sizeof(struct kipc_sem_set_value) == 16, "frozen");
static_assert(sizeof(struct kipc_sem_values) == 16, "frozen");
static_assert(sizeof(struct kipc_sem_stat) == 72, "frozen");
static_assert(sizeof(struct kipc_sem_info) == 40, "frozen");
static_assert(sizeof(struct kipc_sem_watch) == 16, "frozen");
static_assert(sizeof(struct kipc_msg_get) == 16, "frozen");
static_assert(sizeof(struct kipc_msg_create) == 16, "frozen");
static_assert(sizeof(struct kipc_msg_open) == 16, "frozen");
static_assert(sizeof(struct kipc_msg_send) == 40, "frozen");
static_assert(sizeof(struct kipc_msg_receive) == 40, "frozen");
static_assert(sizeof(struct kipc_msg_stat) == 104, "frozen");
static_assert(sizeof(struct kipc_msg_set) == 24, "frozen");
static_assert(sizeof(struct kipc_msg_info) == 48, "frozen");
static_assert(sizeof(struct kipc_msg_filter) == 24, "frozen");
static_assert(sizeof(struct kipc_msg_notify) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_get) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_create) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_open) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_subscribe) == 24, "frozen");
static_assert(sizeof(struct kipc_sig_send) == 32, "frozen");
static_assert(sizeof(struct kipc_sig_wait) == 48, "frozen");
static_assert(sizeof(struct kipc_sig_mask) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_action) == 16, "frozen");
static_assert(sizeof(struct kipc_sig_pending) == 48, "frozen");
static_assert(sizeof(struct kipc_sig_stat) == 160, "frozen");
static_assert(sizeof(struct kipc_sig_set) == 24, "frozen");
static_assert(sizeof(struct kipc_sig_info) == 32, "frozen");

#define SIZE(type, want) \
	{ #type, sizeof(struct type), want }
#define PLACE(type, member, want) \
	{ #type "." #member, offsetof(struct type, member), want }

TEST(numbers_of_the_calls_are_frozen)
{
	EXPECT_EQ(0xC020BB00U, KIPC_IOC_QUERY);
	EXPECT_EQ(0x8088BB01U, KIPC_IOC_STATS);
	EXPECT_EQ(0xC018BB10U, KIPC_IOC_PIPE_CREATE);
	EXPECT_EQ(0x8008BB11U, KIPC_IOC_PIPE_GET_SIZE);
	EXPECT_EQ(0xC008BB12U, KIPC_IOC_PIPE_SET_SIZE);
	EXPECT_EQ(0xC018BB13U, KIPC_IOC_PIPE_SPLICE);
	EXPECT_EQ(0xC018BB14U, KIPC_IOC_PIPE_TEE);
	EXPECT_EQ(0x8038BB15U, KIPC_IOC_PIPE_STAT);
	EXPECT_EQ(0xC020BB20U, KIPC_IOC_SHM_GET);
	EXPECT_EQ(0xC018BB21U, KIPC_IOC_SHM_CREATE);
	EXPECT_EQ(0xC010BB22U, KIPC_IOC_SHM_OPEN);
	EXPECT_EQ(0xC010BB23U, KIPC_IOC_SHM_ATTACH);
	EXPECT_EQ(0x4008BB24U, KIPC_IOC_SHM_DETACH);
	EXPECT_EQ(0xC068BB25U, KIPC_IOC_SHM_STAT);
	EXPECT_EQ(0x4010BB26U, KIPC_IOC_SHM_SET);
	EXPECT_EQ(0x4008BB27U, KIPC_IOC_SHM_REMOVE);
	EXPECT_EQ(0x4008BB28U, KIPC_IOC_SHM_LOCK);
	EXPECT_EQ(0xC040BB29U, KIPC_IOC_SHM_INFO);
	EXPECT_EQ(0xC018BB30U, KIPC_IOC_SEM_GET);
	EXPECT_EQ(0xC010BB31U, KIPC_IOC_SEM_CREATE);
	EXPECT_EQ(0xC010BB32U, KIPC_IOC_SEM_OPEN);
	EXPECT_EQ(0x4020BB33U, KIPC_IOC_SEM_OP);
	EXPECT_EQ(0x0000BB34U, KIPC_IOC_SEM_OP_ONE);
	EXPECT_EQ(0xC020BB35U, KIPC_IOC_SEM_GET_VALUE);
	EXPECT_EQ(0x4010BB36U, KIPC_IOC_SEM_SET_VALUE);
	EXPECT_EQ(0xC010BB37U, KIPC_IOC_SEM_GET_ALL);
	EXPECT_EQ(0x4010BB38U, KIPC_IOC_SEM_SET_ALL);
	EXPECT_EQ(0xC048BB39U, KIPC_IOC_SEM_STAT);
	EXPECT_EQ(0x4010BB3AU, KIPC_IOC_SEM_SET);
	EXPECT_EQ(0x4008BB3BU, KIPC_IOC_SEM_REMOVE);
	EXPECT_EQ(0xC028BB3CU, KIPC_IOC_SEM_INFO);
	EXPECT_EQ(0x4010BB3DU, KIPC_IOC_SEM_WATCH);
	EXPECT_EQ(0xC010BB40U, KIPC_IOC_MSG_GET);
	EXPECT_EQ(0xC010BB41U, KIPC_IOC_MSG_CREATE);
	EXPECT_EQ(0xC010BB42U, KIPC_IOC_MSG_OPEN);
	EXPECT_EQ(0x4028BB43U, KIPC_IOC_MSG_SEND);
	EXPECT_EQ(0xC028BB44U, KIPC_IOC_MSG_RECEIVE);
	EXPECT_EQ(0xC068BB45U, KIPC_IOC_MSG_STAT);
	EXPECT_EQ(0x4018BB46U, KIPC_IOC_MSG_SET);
	EXPECT_EQ(0x4008BB47U, KIPC_IOC_MSG_REMOVE);
	EXPECT_EQ(0xC030BB48U, KIPC_IOC_MSG_INFO);
	EXPECT_EQ(0x4018BB49U, KIPC_IOC_MSG_FILTER);
	EXPECT_EQ(0x4010BB4AU, KIPC_IOC_MSG_NOTIFY);
	EXPECT_EQ(0xC010BB50U, KIPC_IOC_SIG_GET);
	EXPECT_EQ(0xC010BB51U, KIPC_IOC_SIG_CREATE);
	EXPECT_EQ(0xC010BB52U, KIPC_IOC_SIG_OPEN);
	EXPECT_EQ(0xC018BB53U, KIPC_IOC_SIG_SUBSCRIBE);
	EXPECT_EQ(0x4020BB54U, KIPC_IOC_SIG_SEND);
	EXPECT_EQ(0xC030BB55U, KIPC_IOC_SIG_WAIT);
	EXPECT_EQ(0xC010BB56U, KIPC_IOC_SIG_MASK);
	EXPECT_EQ(0x4010BB57U, KIPC_IOC_SIG_ACTION);
	EXPECT_EQ(0x8030BB58U, KIPC_IOC_SIG_PENDING);
	EXPECT_EQ(0xC0A0BB59U, KIPC_IOC_SIG_STAT);
	EXPECT_EQ(0x4018BB5AU, KIPC_IOC_SIG_SET);
	EXPECT_EQ(0x4008BB5BU, KIPC_IOC_SIG_REMOVE);
	EXPECT_EQ(0xC020BB5CU, KIPC_IOC_SIG_INFO);
}

TEST(flags_are_frozen)
{
	EXPECT_EQ(1, KIPC_ON_INSTANCE);
	EXPECT_EQ(2, KIPC_ON_PIPE);
	EXPECT_EQ(1, KIPC_PIPE_CLOEXEC);
	EXPECT_EQ(2, KIPC_PIPE_NONBLOCK);
	EXPECT_EQ(4, KIPC_PIPE_PACKET);
	EXPECT_EQ(1, KIPC_SPLICE_TO_PIPE);
	EXPECT_EQ(2, KIPC_SPLICE_FROM_PIPE);
	EXPECT_EQ(4, KIPC_SPLICE_NONBLOCK);
	EXPECT_EQ(8, KIPC_SPLICE_OFFSET);
	EXPECT_EQ(4, KIPC_ON_SHM);
	EXPECT_EQ(0, KIPC_KEY_PRIVATE);
	EXPECT_EQ(-1, KIPC_ID_SELF);
	EXPECT_EQ(1, KIPC_GET_CREAT);
	EXPECT_EQ(2, KIPC_GET_EXCL);
	EXPECT_EQ(4, KIPC_GET_AUTOREMOVE);
	EXPECT_EQ(1, KIPC_STAT_INDEX);
	EXPECT_EQ(2, KIPC_STAT_ANY);
	EXPECT_EQ(01000, KIPC_MODE_DEST);
	EXPECT_EQ(02000, KIPC_MODE_LOCKED);
	EXPECT_EQ(0x100, KIPC_SHM_NORESERVE);
	EXPECT_EQ(0x200, KIPC_SHM_HUGE);
	EXPECT_EQ(0x400, KIPC_SHM_NO_HUGE);
	EXPECT_EQ(0x800, KIPC_SHM_CLOEXEC);
	EXPECT_EQ(1, KIPC_SHM_RDONLY);
	EXPECT_EQ(2, KIPC_SHM_RND);
	EXPECT_EQ(4, KIPC_SHM_REMAP);
	EXPECT_EQ(8, KIPC_SHM_EXEC);
	EXPECT_EQ(1, KIPC_SHM_INFO_USAGE);
	EXPECT_EQ(8, KIPC_ON_SEM);
	EXPECT_EQ(0x100, KIPC_SEM_ROBUST);
	EXPECT_EQ(0x800, KIPC_SEM_CLOEXEC);
	EXPECT_EQ(1, KIPC_SEM_RDONLY);
	EXPECT_EQ(32767, KIPC_SEM_VALUE_MAX);
	EXPECT_EQ(1, KIPC_SEM_RELATIVE);
	EXPECT_EQ(~0ULL, KIPC_TIMEOUT_NONE);
	EXPECT_EQ(0x3fff, KIPC_SEM_ONE_NUM_MAX);
	EXPECT_EQ(0x40000000U, KIPC_SEM_ONE_NOWAIT);
	EXPECT_EQ(0x80000000U, KIPC_SEM_ONE_UNDO);
	EXPECT_EQ(0x0005ffffU, KIPC_SEM_ONE(5, -1));
	EXPECT_EQ(0x3fff8000U, KIPC_SEM_ONE(0x3fff, -32768));
	EXPECT_EQ(0x00007fffU, KIPC_SEM_ONE(0, 32767));
	EXPECT_EQ(0x10, KIPC_ON_MSG);
	EXPECT_EQ(1, KIPC_MSG_RDONLY);
	EXPECT_EQ(2, KIPC_MSG_WRONLY);
	EXPECT_EQ(4, KIPC_MSG_TYPED);
	EXPECT_EQ(8, KIPC_MSG_NONBLOCK);
	EXPECT_EQ(0x800, KIPC_MSG_CLOEXEC);
	EXPECT_EQ(1, KIPC_MSG_NOWAIT);
	EXPECT_EQ(2, KIPC_MSG_RELATIVE);
	EXPECT_EQ(4, KIPC_MSG_NOERROR);
	EXPECT_EQ(8, KIPC_MSG_EXCEPT);
	EXPECT_EQ(0x10, KIPC_MSG_COPY);
	EXPECT_EQ(1, KIPC_MSG_INFO_USAGE);
	EXPECT_EQ(0, KIPC_NOTIFY_NONE);
	EXPECT_EQ(1, KIPC_NOTIFY_SIGNAL);
	EXPECT_EQ(2, KIPC_NOTIFY_EVENTFD);
	EXPECT_EQ(64, KIPC_SIG_MAX);
	EXPECT_EQ(32, KIPC_SIG_RTMIN);
	EXPECT_EQ(1024, KIPC_SIG_SUBSCRIBERS_MAX);
	EXPECT_EQ(0, KIPC_SIG_GROUP);
	EXPECT_EQ(1, KIPC_SIG_NONBLOCK);
	EXPECT_EQ(2048, KIPC_SIG_CLOEXEC);
	EXPECT_EQ(1, KIPC_SIG_NOWAIT);
	EXPECT_EQ(2, KIPC_SIG_RELATIVE);
	EXPECT_EQ(0, KIPC_SIG_BLOCK);
	EXPECT_EQ(1, KIPC_SIG_UNBLOCK);
	EXPECT_EQ(2, KIPC_SIG_SETMASK);
	EXPECT_EQ(0, KIPC_SIG_KEEP);
	EXPECT_EQ(1, KIPC_SIG_IGNORE);
	EXPECT_EQ(2, KIPC_SIG_DELIVER);
	EXPECT_EQ(1, KIPC_SIG_INFO_USAGE);
	EXPECT_EQ(0x20, KIPC_ON_SIG);
	EXPECT_EQ(0x40, KIPC_ON_SUBSCRIBER);
	/* what programs have from the C library works here, too */
	EXPECT_EQ(IPC_NOWAIT, KIPC_SEM_NOWAIT);
	EXPECT_EQ(SEM_UNDO, KIPC_SEM_UNDO);
	EXPECT_EQ(0x4b495043, KIPCFS_MAGIC);
	EXPECT_STREQ("kipc", KIPC_DEVICE_NAME);
	EXPECT_STREQ("kipcfs", KIPCFS_NAME);
}

TEST(structures_are_frozen)
{
	static const struct {
		const char *name;
		size_t is, want;
	} places[] = {
		SIZE(kipc_query, 32),
		PLACE(kipc_query, nr, 0),
		PLACE(kipc_query, abi, 4),
		PLACE(kipc_query, size_min, 8),
		PLACE(kipc_query, size_max, 12),
		PLACE(kipc_query, flags, 16),
		PLACE(kipc_query, targets, 24),
		PLACE(kipc_query, reserved, 28),
		SIZE(kipc_stats, 136),
		PLACE(kipc_stats, pipes, 0),
		PLACE(kipc_stats, fifos, 8),
		PLACE(kipc_stats, buffer_pages, 16),
		PLACE(kipc_stats, user_pages, 24),
		PLACE(kipc_stats, user_pages_max, 32),
		PLACE(kipc_stats, pipe_size_max, 40),
		PLACE(kipc_stats, page_size, 48),
		PLACE(kipc_stats, reserved, 52),
		PLACE(kipc_stats, shm_segments, 56),
		PLACE(kipc_stats, shm_pages, 64),
		PLACE(kipc_stats, sem_sets, 72),
		PLACE(kipc_stats, sems, 80),
		PLACE(kipc_stats, user_undos, 88),
		PLACE(kipc_stats, user_undos_max, 96),
		PLACE(kipc_stats, msg_queues, 104),
		PLACE(kipc_stats, sig_queues, 112),
		PLACE(kipc_stats, user_signals, 120),
		PLACE(kipc_stats, user_signals_max, 128),
		SIZE(kipc_pipe_create, 24),
		PLACE(kipc_pipe_create, flags, 0),
		PLACE(kipc_pipe_create, reserved, 4),
		PLACE(kipc_pipe_create, size, 8),
		PLACE(kipc_pipe_create, rfd, 16),
		PLACE(kipc_pipe_create, wfd, 20),
		SIZE(kipc_pipe_size, 8),
		PLACE(kipc_pipe_size, size, 0),
		SIZE(kipc_pipe_splice, 24),
		PLACE(kipc_pipe_splice, fd, 0),
		PLACE(kipc_pipe_splice, flags, 4),
		PLACE(kipc_pipe_splice, len, 8),
		PLACE(kipc_pipe_splice, offset, 16),
		SIZE(kipc_pipe_stat, 56),
		PLACE(kipc_pipe_stat, size, 0),
		PLACE(kipc_pipe_stat, used, 8),
		PLACE(kipc_pipe_stat, pages, 16),
		PLACE(kipc_pipe_stat, packets, 24),
		PLACE(kipc_pipe_stat, readers, 32),
		PLACE(kipc_pipe_stat, writers, 36),
		PLACE(kipc_pipe_stat, sleeping_readers, 40),
		PLACE(kipc_pipe_stat, sleeping_writers, 44),
		PLACE(kipc_pipe_stat, sleeping_openers, 48),
		PLACE(kipc_pipe_stat, reserved, 52),
		SIZE(kipc_perm, 32),
		PLACE(kipc_perm, id, 0),
		PLACE(kipc_perm, key, 4),
		PLACE(kipc_perm, uid, 8),
		PLACE(kipc_perm, gid, 12),
		PLACE(kipc_perm, cuid, 16),
		PLACE(kipc_perm, cgid, 20),
		PLACE(kipc_perm, mode, 24),
		PLACE(kipc_perm, seq, 28),
		SIZE(kipc_set, 16),
		PLACE(kipc_set, id, 0),
		PLACE(kipc_set, uid, 4),
		PLACE(kipc_set, gid, 8),
		PLACE(kipc_set, mode, 12),
		SIZE(kipc_remove, 8),
		PLACE(kipc_remove, id, 0),
		PLACE(kipc_remove, reserved, 4),
		SIZE(kipc_shm_get, 32),
		PLACE(kipc_shm_get, key, 0),
		PLACE(kipc_shm_get, flags, 4),
		PLACE(kipc_shm_get, size, 8),
		PLACE(kipc_shm_get, mode, 16),
		PLACE(kipc_shm_get, page_shift, 20),
		PLACE(kipc_shm_get, id, 24),
		PLACE(kipc_shm_get, reserved, 28),
		SIZE(kipc_shm_create, 24),
		PLACE(kipc_shm_create, flags, 0),
		PLACE(kipc_shm_create, mode, 4),
		PLACE(kipc_shm_create, size, 8),
		PLACE(kipc_shm_create, page_shift, 16),
		PLACE(kipc_shm_create, fd, 20),
		SIZE(kipc_shm_open, 16),
		PLACE(kipc_shm_open, id, 0),
		PLACE(kipc_shm_open, flags, 4),
		PLACE(kipc_shm_open, fd, 8),
		PLACE(kipc_shm_open, reserved, 12),
		SIZE(kipc_shm_attach, 16),
		PLACE(kipc_shm_attach, id, 0),
		PLACE(kipc_shm_attach, flags, 4),
		PLACE(kipc_shm_attach, addr, 8),
		SIZE(kipc_shm_detach, 8),
		PLACE(kipc_shm_detach, addr, 0),
		SIZE(kipc_shm_stat, 104),
		PLACE(kipc_shm_stat, perm, 0),
		PLACE(kipc_shm_stat, flags, 32),
		PLACE(kipc_shm_stat, fds, 36),
		PLACE(kipc_shm_stat, size, 40),
		PLACE(kipc_shm_stat, atime, 48),
		PLACE(kipc_shm_stat, dtime, 56),
		PLACE(kipc_shm_stat, ctime, 64),
		PLACE(kipc_shm_stat, cpid, 72),
		PLACE(kipc_shm_stat, lpid, 76),
		PLACE(kipc_shm_stat, nattch, 80),
		PLACE(kipc_shm_stat, rss, 88),
		PLACE(kipc_shm_stat, swap, 96),
		SIZE(kipc_shm_lock, 8),
		PLACE(kipc_shm_lock, id, 0),
		PLACE(kipc_shm_lock, lock, 4),
		SIZE(kipc_shm_info, 64),
		PLACE(kipc_shm_info, flags, 0),
		PLACE(kipc_shm_info, max_index, 4),
		PLACE(kipc_shm_info, shmmax, 8),
		PLACE(kipc_shm_info, shmall, 16),
		PLACE(kipc_shm_info, shmmni, 24),
		PLACE(kipc_shm_info, used_ids, 32),
		PLACE(kipc_shm_info, total, 40),
		PLACE(kipc_shm_info, rss, 48),
		PLACE(kipc_shm_info, swap, 56),
		SIZE(kipc_sem_get, 24),
		PLACE(kipc_sem_get, key, 0),
		PLACE(kipc_sem_get, flags, 4),
		PLACE(kipc_sem_get, nsems, 8),
		PLACE(kipc_sem_get, mode, 12),
		PLACE(kipc_sem_get, id, 16),
		PLACE(kipc_sem_get, reserved, 20),
		SIZE(kipc_sem_create, 16),
		PLACE(kipc_sem_create, flags, 0),
		PLACE(kipc_sem_create, nsems, 4),
		PLACE(kipc_sem_create, mode, 8),
		PLACE(kipc_sem_create, fd, 12),
		SIZE(kipc_sem_open, 16),
		PLACE(kipc_sem_open, id, 0),
		PLACE(kipc_sem_open, flags, 4),
		PLACE(kipc_sem_open, fd, 8),
		PLACE(kipc_sem_open, reserved, 12),
		SIZE(kipc_sem_op, 6),
		PLACE(kipc_sem_op, num, 0),
		PLACE(kipc_sem_op, op, 2),
		PLACE(kipc_sem_op, flags, 4),
		SIZE(sembuf, 6),
		PLACE(sembuf, sem_num, 0),
		PLACE(sembuf, sem_op, 2),
		PLACE(sembuf, sem_flg, 4),
		SIZE(kipc_sem_ops, 32),
		PLACE(kipc_sem_ops, id, 0),
		PLACE(kipc_sem_ops, nops, 4),
		PLACE(kipc_sem_ops, ops, 8),
		PLACE(kipc_sem_ops, flags, 16),
		PLACE(kipc_sem_ops, reserved, 20),
		PLACE(kipc_sem_ops, timeout, 24),
		SIZE(kipc_sem_value, 32),
		PLACE(kipc_sem_value, id, 0),
		PLACE(kipc_sem_value, num, 4),
		PLACE(kipc_sem_value, value, 8),
		PLACE(kipc_sem_value, pid, 12),
		PLACE(kipc_sem_value, ncnt, 16),
		PLACE(kipc_sem_value, zcnt, 20),
		PLACE(kipc_sem_value, dead, 24),
		PLACE(kipc_sem_value, reserved, 28),
		SIZE(kipc_sem_set_value, 16),
		PLACE(kipc_sem_set_value, id, 0),
		PLACE(kipc_sem_set_value, num, 4),
		PLACE(kipc_sem_set_value, value, 8),
		PLACE(kipc_sem_set_value, reserved, 12),
		SIZE(kipc_sem_values, 16),
		PLACE(kipc_sem_values, id, 0),
		PLACE(kipc_sem_values, nsems, 4),
		PLACE(kipc_sem_values, values, 8),
		SIZE(kipc_sem_stat, 72),
		PLACE(kipc_sem_stat, perm, 0),
		PLACE(kipc_sem_stat, flags, 32),
		PLACE(kipc_sem_stat, nsems, 36),
		PLACE(kipc_sem_stat, otime, 40),
		PLACE(kipc_sem_stat, ctime, 48),
		PLACE(kipc_sem_stat, fds, 56),
		PLACE(kipc_sem_stat, sleepers, 60),
		PLACE(kipc_sem_stat, undos, 64),
		PLACE(kipc_sem_stat, robust, 68),
		SIZE(kipc_sem_info, 40),
		PLACE(kipc_sem_info, flags, 0),
		PLACE(kipc_sem_info, max_index, 4),
		PLACE(kipc_sem_info, semmsl, 8),
		PLACE(kipc_sem_info, semmns, 12),
		PLACE(kipc_sem_info, semopm, 16),
		PLACE(kipc_sem_info, semmni, 20),
		PLACE(kipc_sem_info, used_ids, 24),
		PLACE(kipc_sem_info, used_sems, 32),
		SIZE(kipc_sem_watch, 16),
		PLACE(kipc_sem_watch, ops, 0),
		PLACE(kipc_sem_watch, nops, 8),
		PLACE(kipc_sem_watch, flags, 12),
		SIZE(kipc_msg_get, 16),
		PLACE(kipc_msg_get, key, 0),
		PLACE(kipc_msg_get, flags, 4),
		PLACE(kipc_msg_get, mode, 8),
		PLACE(kipc_msg_get, id, 12),
		SIZE(kipc_msg_create, 16),
		PLACE(kipc_msg_create, flags, 0),
		PLACE(kipc_msg_create, mode, 4),
		PLACE(kipc_msg_create, fd, 8),
		PLACE(kipc_msg_create, reserved, 12),
		SIZE(kipc_msg_open, 16),
		PLACE(kipc_msg_open, id, 0),
		PLACE(kipc_msg_open, flags, 4),
		PLACE(kipc_msg_open, fd, 8),
		PLACE(kipc_msg_open, reserved, 12),
		SIZE(kipc_msg_send, 40),
		PLACE(kipc_msg_send, id, 0),
		PLACE(kipc_msg_send, flags, 4),
		PLACE(kipc_msg_send, type, 8),
		PLACE(kipc_msg_send, addr, 16),
		PLACE(kipc_msg_send, size, 24),
		PLACE(kipc_msg_send, timeout, 32),
		SIZE(kipc_msg_receive, 40),
		PLACE(kipc_msg_receive, id, 0),
		PLACE(kipc_msg_receive, flags, 4),
		PLACE(kipc_msg_receive, type, 8),
		PLACE(kipc_msg_receive, addr, 16),
		PLACE(kipc_msg_receive, size, 24),
		PLACE(kipc_msg_receive, timeout, 32),
		SIZE(kipc_msg_stat, 104),
		PLACE(kipc_msg_stat, perm, 0),
		PLACE(kipc_msg_stat, flags, 32),
		PLACE(kipc_msg_stat, fds, 36),
		PLACE(kipc_msg_stat, qbytes, 40),
		PLACE(kipc_msg_stat, cbytes, 48),
		PLACE(kipc_msg_stat, qnum, 56),
		PLACE(kipc_msg_stat, stime, 64),
		PLACE(kipc_msg_stat, rtime, 72),
		PLACE(kipc_msg_stat, ctime, 80),
		PLACE(kipc_msg_stat, lspid, 88),
		PLACE(kipc_msg_stat, lrpid, 92),
		PLACE(kipc_msg_stat, senders, 96),
		PLACE(kipc_msg_stat, receivers, 100),
		SIZE(kipc_msg_set, 24),
		PLACE(kipc_msg_set, set, 0),
		PLACE(kipc_msg_set, qbytes, 16),
		SIZE(kipc_msg_info, 48),
		PLACE(kipc_msg_info, flags, 0),
		PLACE(kipc_msg_info, max_index, 4),
		PLACE(kipc_msg_info, msgmax, 8),
		PLACE(kipc_msg_info, msgmnb, 12),
		PLACE(kipc_msg_info, msgmni, 16),
		PLACE(kipc_msg_info, reserved, 20),
		PLACE(kipc_msg_info, used_ids, 24),
		PLACE(kipc_msg_info, messages, 32),
		PLACE(kipc_msg_info, bytes, 40),
		SIZE(kipc_msg_filter, 24),
		PLACE(kipc_msg_filter, type, 0),
		PLACE(kipc_msg_filter, send_type, 8),
		PLACE(kipc_msg_filter, flags, 16),
		PLACE(kipc_msg_filter, reserved, 20),
		SIZE(kipc_msg_notify, 16),
		PLACE(kipc_msg_notify, how, 0),
		PLACE(kipc_msg_notify, target, 4),
		PLACE(kipc_msg_notify, value, 8),
		SIZE(kipc_sig_get, 16),
		PLACE(kipc_sig_get, key, 0),
		PLACE(kipc_sig_get, flags, 4),
		PLACE(kipc_sig_get, mode, 8),
		PLACE(kipc_sig_get, id, 12),
		SIZE(kipc_sig_create, 16),
		PLACE(kipc_sig_create, flags, 0),
		PLACE(kipc_sig_create, mode, 4),
		PLACE(kipc_sig_create, fd, 8),
		PLACE(kipc_sig_create, reserved, 12),
		SIZE(kipc_sig_open, 16),
		PLACE(kipc_sig_open, id, 0),
		PLACE(kipc_sig_open, flags, 4),
		PLACE(kipc_sig_open, fd, 8),
		PLACE(kipc_sig_open, reserved, 12),
		SIZE(kipc_sig_subscribe, 24),
		PLACE(kipc_sig_subscribe, id, 0),
		PLACE(kipc_sig_subscribe, flags, 4),
		PLACE(kipc_sig_subscribe, blocked, 8),
		PLACE(kipc_sig_subscribe, fd, 16),
		PLACE(kipc_sig_subscribe, number, 20),
		SIZE(kipc_sig_send, 32),
		PLACE(kipc_sig_send, id, 0),
		PLACE(kipc_sig_send, to, 4),
		PLACE(kipc_sig_send, signo, 8),
		PLACE(kipc_sig_send, code, 12),
		PLACE(kipc_sig_send, value, 16),
		PLACE(kipc_sig_send, flags, 24),
		PLACE(kipc_sig_send, reserved, 28),
		SIZE(kipc_sig_wait, 48),
		PLACE(kipc_sig_wait, set, 0),
		PLACE(kipc_sig_wait, timeout, 8),
		PLACE(kipc_sig_wait, flags, 16),
		PLACE(kipc_sig_wait, signo, 20),
		PLACE(kipc_sig_wait, code, 24),
		PLACE(kipc_sig_wait, pid, 28),
		PLACE(kipc_sig_wait, uid, 32),
		PLACE(kipc_sig_wait, to, 36),
		PLACE(kipc_sig_wait, value, 40),
		SIZE(kipc_sig_mask, 16),
		PLACE(kipc_sig_mask, how, 0),
		PLACE(kipc_sig_mask, reserved, 4),
		PLACE(kipc_sig_mask, set, 8),
		SIZE(kipc_sig_action, 16),
		PLACE(kipc_sig_action, action, 0),
		PLACE(kipc_sig_action, reserved, 4),
		PLACE(kipc_sig_action, set, 8),
		SIZE(kipc_sig_pending, 48),
		PLACE(kipc_sig_pending, own, 0),
		PLACE(kipc_sig_pending, shared, 8),
		PLACE(kipc_sig_pending, blocked, 16),
		PLACE(kipc_sig_pending, ignored, 24),
		PLACE(kipc_sig_pending, delivered, 32),
		PLACE(kipc_sig_pending, own_queued, 40),
		PLACE(kipc_sig_pending, number, 44),
		SIZE(kipc_sig_stat, 160),
		PLACE(kipc_sig_stat, perm, 0),
		PLACE(kipc_sig_stat, flags, 32),
		PLACE(kipc_sig_stat, fds, 36),
		PLACE(kipc_sig_stat, subscribers, 40),
		PLACE(kipc_sig_stat, waiters, 44),
		PLACE(kipc_sig_stat, pending, 48),
		PLACE(kipc_sig_stat, queued, 56),
		PLACE(kipc_sig_stat, limit, 64),
		PLACE(kipc_sig_stat, sent, 72),
		PLACE(kipc_sig_stat, taken, 80),
		PLACE(kipc_sig_stat, delivered, 88),
		PLACE(kipc_sig_stat, merged, 96),
		PLACE(kipc_sig_stat, ignored, 104),
		PLACE(kipc_sig_stat, dropped, 112),
		PLACE(kipc_sig_stat, refused, 120),
		PLACE(kipc_sig_stat, stime, 128),
		PLACE(kipc_sig_stat, rtime, 136),
		PLACE(kipc_sig_stat, ctime, 144),
		PLACE(kipc_sig_stat, lspid, 152),
		PLACE(kipc_sig_stat, lrpid, 156),
		SIZE(kipc_sig_set, 24),
		PLACE(kipc_sig_set, set, 0),
		PLACE(kipc_sig_set, limit, 16),
		SIZE(kipc_sig_info, 32),
		PLACE(kipc_sig_info, flags, 0),
		PLACE(kipc_sig_info, max_index, 4),
		PLACE(kipc_sig_info, sigmni, 8),
		PLACE(kipc_sig_info, sigqmax, 12),
		PLACE(kipc_sig_info, used_ids, 16),
		PLACE(kipc_sig_info, queued, 24),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		EXPECT_EQ(places[i].want, places[i].is)
			TH_LOG("%s", places[i].name ?: "");
}

TEST_F(kipc, create_gives_a_pipe_that_works)
{
	struct kipc_pipe_create arg;
	char buf[8];

	memset(&arg, 0, sizeof(arg));
	arg.flags = KIPC_PIPE_NONBLOCK | KIPC_PIPE_CLOEXEC | KIPC_PIPE_PACKET;
	arg.size = 123456;
	arg.rfd = -1;
	arg.wfd = -1;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
	EXPECT_EQ(131072, arg.size);
	EXPECT_EQ(FD_CLOEXEC, fcntl(arg.rfd, F_GETFD));
	EXPECT_EQ(O_NONBLOCK, fcntl(arg.rfd, F_GETFL) & (O_NONBLOCK | O_DIRECT));
	EXPECT_EQ(O_NONBLOCK | O_DIRECT, fcntl(arg.wfd, F_GETFL) & (O_NONBLOCK | O_DIRECT));
	EXPECT_EQ(2, write(arg.wfd, "ab", 2));
	EXPECT_EQ(1, write(arg.wfd, "c", 1));
	EXPECT_EQ(POLLIN, poll_now(arg.rfd, POLLIN));
	EXPECT_EQ(3, bytes_in(arg.rfd));
	EXPECT_EQ(2, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(1, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(-1, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	close(arg.rfd);
	close(arg.wfd);
}

TEST_F(kipc, vectors_blocking_and_signals_work)
{
	struct iovec out[] = { { "ab", 2 }, { "cde", 3 } };
	char a[4] = "", b[4] = "";
	struct iovec in[] = { { a, 3 }, { b, 3 } };
	pid_t pid;

	ASSERT_EQ(5, writev(self->w, out, 2));
	EXPECT_EQ(5, readv(self->r, in, 2));
	EXPECT_STREQ("abc", a);
	EXPECT_STREQ("de", b);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		EXPECT_EQ(-1, read(self->r, a, 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(1, read(self->r, a, 1));
		child_exit();
	}
	ASSERT_TRUE(EVENTUALLY(stat_of(self->r).sleeping_readers == 1));
	kill(pid, SIGUSR1);
	ASSERT_TRUE(EVENTUALLY(!signals_pending(pid) &&
			       stat_of(self->r).sleeping_readers == 1));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(kipc, sizes_beyond_32_bits_are_seen_whole)
{
	struct kipc_pipe_size size = { .size = (1ULL << 32) + 8192 };
	struct kipc_pipe_splice splice = {
		.fd = self->w, .flags = KIPC_SPLICE_FROM_PIPE | KIPC_SPLICE_OFFSET, .len = 1,
		.offset = 1ULL << 32,
	};
	int fd = memfd_create("file", MFD_CLOEXEC);

	/* cut off, it would be a fine size */
	EXPECT_EQ(-1, ioctl(self->r, KIPC_IOC_PIPE_SET_SIZE, &size));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(65536, size_get(self->r));
	EXPECT_EQ(1 << 20, size_set(self->r, 1 << 20));

	ASSERT_EQ(1, write(self->w, "x", 1));
	splice.fd = fd;
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &splice));
	EXPECT_EQ((1ULL << 32) + 1, splice.offset);
	EXPECT_EQ((1LL << 32) + 1, lseek64(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(kipc, splice_tee_stat_stats_and_query_work)
{
	int fd = memfd_create("file", MFD_CLOEXEC), fds[2];
	struct kipc_pipe_splice arg;
	struct kipc_query query;
	struct kipc_pipe_stat stat;

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_TRUE(write_pattern(self->w, 5000, 0));
	arg = (struct kipc_pipe_splice) { .fd = fds[1], .len = ~0ULL };
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_TEE, &arg));
	EXPECT_EQ(5000, arg.len);
	arg = (struct kipc_pipe_splice) {
		.fd = fd, .flags = KIPC_SPLICE_FROM_PIPE, .len = ~0ULL,
	};
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &arg));
	EXPECT_EQ(5000, arg.len);
	EXPECT_TRUE(read_pattern(fds[0], 5000, 0));

	ASSERT_EQ(3, write(self->w, "abc", 3));
	stat = stat_of(self->r);
	EXPECT_EQ(65536, stat.size);
	EXPECT_EQ(3, stat.used);
	EXPECT_EQ(1, stat.readers);
	EXPECT_EQ(1, stat.writers);
	EXPECT_EQ(self->before.pipes + 2, stats_of(self->dev).pipes);

	memset(&query, 0, sizeof(query));
	query.nr = KIPC_NR_PIPE_STAT;
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_QUERY, &query));
	EXPECT_EQ(sizeof(stat), query.size_max);
	EXPECT_EQ(KIPC_ON_PIPE, query.targets);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

static int value_of(int fd, unsigned int num)
{
	struct kipc_sem_value arg = { .id = KIPC_ID_SELF, .num = num, .value = -7 };

	return ioctl(fd, KIPC_IOC_SEM_GET_VALUE, &arg) ? -1 : arg.value;
}

/* The address of the operations, and a number as an argument, may be 32 bits wide. */
TEST_F(kipc, semaphores_work)
{
	struct kipc_sem_create create = { .nsems = 4, .mode = 0600, .fd = -1 };
	struct sembuf list[] = { { 1, 3, 0 }, { 2, 0, 0 }, { 3, 32767, SEM_UNDO } };
	struct kipc_sem_ops op = {
		.id = KIPC_ID_SELF, .ops = (unsigned long)list, .nops = ARRAY_SIZE(list),
		.timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_sem_values values = { .id = KIPC_ID_SELF, .nsems = 4 };
	__u16 array[5];
	pid_t pid;
	int fd;

	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_CREATE, &create));
	fd = create.fd;
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_SEM_OP, &op));
	memset(array, POISON, sizeof(array));
	values.values = (unsigned long)array;
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_SEM_GET_ALL, &values));
	EXPECT_EQ(0, array[0]);
	EXPECT_EQ(3, array[1]);
	EXPECT_EQ(0, array[2]);
	EXPECT_EQ(32767, array[3]);
	EXPECT_TRUE(is_all(&array[4], POISON, sizeof(array[4])));

	/* with the highest bit, and with the sign of what is taken */
	EXPECT_EQ(0, ioctl(fd, KIPC_IOC_SEM_OP_ONE, (unsigned long)KIPC_SEM_ONE(1, -2)));
	EXPECT_EQ(1, value_of(fd, 1));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, ioctl(fd, KIPC_IOC_SEM_OP_ONE,
				   (unsigned long)(KIPC_SEM_ONE(1, -1) | KIPC_SEM_ONE_UNDO)));
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SEM_OP_ONE,
				    (unsigned long)(KIPC_SEM_ONE(1, -1) | KIPC_SEM_ONE_UNDO |
						    KIPC_SEM_ONE_NOWAIT)));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(0, value_of(fd, 1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* given back when its holder has ended */
	EXPECT_EQ(1, value_of(fd, 1));

	/* 5 s, and as a number of 32 bits less than 1 */
	list[0].sem_op = -2;
	op.nops = 1;
	op.flags = KIPC_SEM_RELATIVE;
	op.timeout = 5000000000ULL;
	pid = child_fork();
	if (!pid)
		_exit(ioctl(fd, KIPC_IOC_SEM_OP, &op) ? errno : 0);
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(0, ioctl(fd, KIPC_IOC_SEM_OP_ONE, (unsigned long)KIPC_SEM_ONE(1, 1)));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, value_of(fd, 1));
	close(fd);
}

/* Addresses, sizes and types may be 32 bits wide in the program, and are 64 here. */
TEST_F(kipc, message_queues_work)
{
	struct kipc_msg_create create = { .mode = 0600, .flags = KIPC_MSG_TYPED, .fd = -1 };
	char text[] = "hello", buf[16];
	struct kipc_msg_send send = {
		.id = KIPC_ID_SELF, .type = (5LL << 32) + 7, .addr = (unsigned long)text,
		.size = sizeof(text), .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_msg_receive receive = {
		.id = KIPC_ID_SELF, .flags = KIPC_MSG_NOWAIT, .type = 7,
		.addr = (unsigned long)buf, .size = sizeof(buf), .timeout = KIPC_TIMEOUT_NONE,
	};
	struct {
		__s64 type;
		char bytes[8];
	} typed = { .type = 9, .bytes = "you" };
	struct kipc_msg_filter filter = { .type = -(6LL << 32), .send_type = 1 };
	pid_t pid;
	int fd;

	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_CREATE, &create));
	fd = create.fd;
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_MSG_SEND, &send));
	/* cut off, the type would be this one, and the size a fine one */
	EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_MSG_RECEIVE, &receive));
	EXPECT_EQ(ENOMSG, errno);
	send.size = (1ULL << 32) + 1;
	EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_MSG_SEND, &send));
	EXPECT_EQ(EINVAL, errno);
	receive.type = -(6LL << 32);
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_MSG_RECEIVE, &receive));
	EXPECT_EQ((5LL << 32) + 7, receive.type);
	EXPECT_EQ(sizeof(text), receive.size);
	EXPECT_STREQ("hello", buf);

	EXPECT_EQ(11, write(fd, &typed, 11));
	EXPECT_EQ(POLLIN, poll_now(fd, POLLIN));
	EXPECT_EQ(11, bytes_in(fd));
	memset(&typed, 0, sizeof(typed));
	EXPECT_EQ(11, read(fd, &typed, sizeof(typed)));
	EXPECT_EQ(9, typed.type);
	EXPECT_STREQ("you", typed.bytes);
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_MSG_FILTER, &filter));

	/* 5 s, and as a number of 32 bits less than 1 */
	receive.flags = KIPC_MSG_RELATIVE;
	receive.size = sizeof(buf);
	receive.type = 0;
	receive.timeout = 5000000000ULL;
	pid = child_fork();
	if (!pid)
		_exit(ioctl(fd, KIPC_IOC_MSG_RECEIVE, &receive) ? errno : 0);
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	send.size = 0;
	EXPECT_EQ(0, ioctl(fd, KIPC_IOC_MSG_SEND, &send));
	EXPECT_EQ(0, child_wait(pid));
	close(fd);
}

TEST_F(kipc, bad_input_is_refused)
{
	struct kipc_pipe_create arg = { .flags = 1U << 31 };

	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, nowhere()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_STAT, &arg));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_HARNESS_MAIN
