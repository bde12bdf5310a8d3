// SPDX-License-Identifier: GPL-2.0
/*
 * What msgsnd(2) and msgrcv(2) do without sleeping: which message is received, what of it,
 * what a queue holds, and each error. Sleeping is in msg_wait_test, the order among
 * sleepers in msg_fair_test, permissions in msg_perm_test.
 */
#include "msg_fixture.h"

/* A queue with messages of these types, whose tags are their places from 0 on. */
static int filled(const long *types, int n)
{
	int id = msg_new(), i;

	for (i = 0; i < n; i++)
		if (msg_put(id, types[i], i))
			return -1;
	return id;
}

#define QUEUE_OF(...) ({ \
	const long types__[] = { __VA_ARGS__ }; \
	filled(types__, sizeof(types__) / sizeof(types__[0])); \
})

/* --- what arrives */

TEST_F(msg, new_queue_is_empty)
{
	static const long types[] = { 0, 1, 5, LONG_MAX, -1, -5, LONG_MIN };
	struct msqid_ds ds;
	int id = msg_new();
	size_t i;

	ASSERT_LE(0, id);
	ds = msg_ds(id);
	EXPECT_EQ(0, ds.msg_qnum);
	EXPECT_EQ(0, ds.msg_cbytes);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(-1, msg_take(id, types[i]));
		EXPECT_EQ(ENOMSG, errno);
		EXPECT_EQ(-1, msg_receive_tag(id, types[i], IPC_NOWAIT | MSG_EXCEPT | MSG_NOERROR));
		EXPECT_EQ(ENOMSG, errno);
		EXPECT_EQ(-1, msg_receive_tag(id, types[i], IPC_NOWAIT | MSG_COPY));
		EXPECT_EQ(ENOMSG, errno);
	}
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(0, msg_rmid(id));
}

/* Whatever pieces it is kept in. */
TEST_F(msg, message_arrives_as_it_was_sent)
{
	static const size_t sizes[] = {
		0, 1, 7, 8, 31, 32, 33, 100, 127, 128, 400, 512, 928, 1000, 1024, 1952, 2048, 3000,
		3999, 4000, 4001, 4047, 4048, 4049, 4095, 4096, 4097, 8000, 8095, 8096, 8097, 8136,
		8137, 8191, 8192,
	};
	int id = msg_new();
	struct message m;
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		long type = i % 2 ? LONG_MAX - (long)i : (long)i + 1;
		size_t room = i % 3 ? sizes[i] : sizeof(m.text);

		EXPECT_EQ(0, msg_send(id, type, sizes[i], 0));
		EXPECT_EQ(1, msg_qnum(id));
		EXPECT_EQ(sizes[i], msg_cbytes(id));
		memset(&m, POISON, sizeof(m));
		EXPECT_EQ(sizes[i], msg->receive(id, &m, room, 0, 0));
		EXPECT_EQ(type, m.type);
		EXPECT_TRUE(is_pattern(m.text, sizes[i], type))
			TH_LOG("%zu bytes", sizes[i]);
		/* no more than that is written */
		EXPECT_TRUE(is_all(m.text + sizes[i], POISON, sizeof(m.text) - sizes[i]))
			TH_LOG("%zu bytes", sizes[i]);
		EXPECT_EQ(0, msg_qnum(id));
		EXPECT_EQ(0, msg_cbytes(id));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, large_messages_arrive_where_the_limits_allow_them)
{
	static const size_t sizes[] = { 8193, 65535, 65536, 65537, 131072, 1000000 };
	size_t room = 1000008, i;
	struct message *m = malloc(room);
	int id = msg_new();

	ASSERT_NE(NULL, m);
	ASSERT_LE(0, id);
	EXPECT_EQ(-1, msg->send(id, memset(m, 1, room), 8193, IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, msg_limit_set("msgmax", 1000000));
	ASSERT_EQ(0, msg_set_qbytes(id, 3000000));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		m->type = 1 + i;
		pattern(m->text, sizes[i], i);
		EXPECT_EQ(0, msg->send(id, m, sizes[i], 0));
	}
	EXPECT_EQ(-1, msg->send(id, m, 1000001, IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(8193 + 65535 + 65536 + 65537 + 131072 + 1000000, msg_cbytes(id));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(m, POISON, room);
		EXPECT_EQ(sizes[i], msg->receive(id, m, room - 8, 0, 0));
		EXPECT_EQ(1 + i, m->type);
		EXPECT_TRUE(is_pattern(m->text, sizes[i], i));
		EXPECT_TRUE(is_all(m->text + sizes[i], POISON, room - 8 - sizes[i]));
	}
	/* what was sent when they did stays, whatever they say now */
	m->type = 1;
	EXPECT_EQ(0, msg->send(id, m, 1000000, 0));
	ASSERT_EQ(0, msg_limit_set("msgmax", 10));
	EXPECT_EQ(-1, msg_send(id, 1, 11, IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1000000, msg->receive(id, m, room - 8, 0, 0));
	EXPECT_EQ(0, msg_rmid(id));
	free(m);
}

/* --- which one */

TEST_F(msg, type_says_which_message_is_received)
{
	static const struct {
		long type;
		int flags;
		/* the tags in the order in which they come, and -1 */
		int tags[9];
	} cases[] = {
		{ 0, 0, { 0, 1, 2, 3, 4, 5, 6, 7, -1 } },
		{ 1, 0, { 5, -1 } },
		{ 2, 0, { 1, 3, -1 } },
		{ 3, 0, { -1 } },
		{ 5, 0, { 0, 4, -1 } },
		{ LONG_MAX, 0, { 7, -1 } },
		{ LONG_MAX - 1, 0, { -1 } },
		/* the lowest first, and the oldest of those */
		{ -1, 0, { 5, -1 } },
		{ -2, 0, { 5, 1, 3, -1 } },
		{ -3, 0, { 5, 1, 3, -1 } },
		{ -6, 0, { 5, 1, 3, 0, 4, -1 } },
		{ -7, 0, { 5, 1, 3, 0, 4, 2, -1 } },
		{ -LONG_MAX + 1, 0, { 5, 1, 3, 0, 4, 2, 6, -1 } },
		{ -LONG_MAX, 0, { 5, 1, 3, 0, 4, 2, 6, 7, -1 } },
		{ LONG_MIN, 0, { 5, 1, 3, 0, 4, 2, 6, 7, -1 } },
		{ 2, MSG_EXCEPT, { 0, 2, 4, 5, 6, 7, -1 } },
		{ 5, MSG_EXCEPT, { 1, 2, 3, 5, 6, 7, -1 } },
		{ 3, MSG_EXCEPT, { 0, 1, 2, 3, 4, 5, 6, 7, -1 } },
		{ LONG_MAX, MSG_EXCEPT, { 0, 1, 2, 3, 4, 5, 6, -1 } },
		/* it means nothing to these */
		{ 0, MSG_EXCEPT, { 0, 1, 2, 3, 4, 5, 6, 7, -1 } },
		{ -6, MSG_EXCEPT, { 5, 1, 3, 0, 4, -1 } },
	};
	size_t i, k, left;
	int id;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		id = QUEUE_OF(5, 2, 7, 2, 5, 1, 9, LONG_MAX);
		ASSERT_LE(0, id);
		for (k = 0, left = 8; cases[i].tags[k] >= 0; k++) {
			EXPECT_EQ(cases[i].tags[k],
				  msg_receive_tag(id, cases[i].type, cases[i].flags))
				TH_LOG("case %zu, message %zu", i, k);
			EXPECT_EQ(--left, msg_qnum(id));
		}
		EXPECT_EQ(-1, msg_receive_tag(id, cases[i].type, cases[i].flags | IPC_NOWAIT));
		EXPECT_EQ(ENOMSG, errno);
		EXPECT_EQ(left, msg_qnum(id));
		EXPECT_EQ(0, msg_rmid(id));
	}
}

TEST_F(msg, messages_of_a_type_come_in_the_order_in_which_they_were_sent)
{
	enum { TYPES = 7, EACH = 50 };
	int id = msg_new(), i, k;

	ASSERT_LE(0, id);
	for (k = 0; k < EACH; k++)
		for (i = 0; i < TYPES; i++)
			EXPECT_EQ(0, msg_put(id, 1 + (i + k) % TYPES, k));
	EXPECT_EQ(TYPES * EACH, msg_qnum(id));
	for (i = TYPES; i >= 1; i--)
		for (k = 0; k < EACH; k++)
			ASSERT_EQ(k, msg_take(id, i > 1 ? i : -1));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- how much of it */

TEST_F(msg, message_that_is_too_long_is_e2big_and_stays)
{
	int id = msg_new();
	struct msqid_ds ds;
	struct message m;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_send(id, 2, 300, 0));
	EXPECT_EQ(0, msg_put(id, 3, 3));
	ds = msg_ds(id);
	memset(&m, POISON, sizeof(m));
	EXPECT_EQ(-1, msg->receive(id, &m, 299, 2, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, msg->receive(id, &m, 0, 2, IPC_NOWAIT));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, msg->receive(id, &m, 3, 0, 0));
	EXPECT_EQ(E2BIG, errno);
	/* even if there is one that would fit */
	EXPECT_EQ(-1, msg->receive(id, &m, 4, 1, MSG_EXCEPT));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, msg->receive(id, &m, 200, 1, IPC_NOWAIT | MSG_COPY));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_TRUE(is_all(&m, POISON, sizeof(m)));
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(1, msg_take(id, 0));
	EXPECT_TRUE(msg_arrives(id, 0, 300));
	EXPECT_EQ(3, msg_take(id, 0));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, noerror_cuts_the_message_and_loses_the_rest)
{
	static const size_t rooms[] = { 0, 1, 299, 300, 301, 4000 };
	int id = msg_new();
	struct message m;
	size_t i, n;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		EXPECT_EQ(0, msg_send(id, 7, 300, 0));
		EXPECT_EQ(0, msg_put(id, 8, 8));
		n = rooms[i] < 300 ? rooms[i] : 300;
		memset(&m, POISON, sizeof(m));
		EXPECT_EQ(n, msg->receive(id, &m, rooms[i], 0, MSG_NOERROR));
		EXPECT_EQ(7, m.type);
		EXPECT_TRUE(is_pattern(m.text, n, 7));
		EXPECT_TRUE(is_all(m.text + n, POISON, sizeof(m.text) - n));
		EXPECT_EQ(4, msg_cbytes(id));
		EXPECT_EQ(8, msg_take(id, 0));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, messages_of_no_bytes_are_messages)
{
	int id = msg_new_of(3), i;
	struct message m;

	ASSERT_LE(0, id);
	for (i = 1; i <= 3; i++)
		EXPECT_EQ(0, msg_send(id, i, 0, 0));
	EXPECT_EQ(3, msg_qnum(id));
	EXPECT_EQ(0, msg_cbytes(id));
	/* as many of them as the queue may have bytes */
	EXPECT_EQ(-1, msg_send(id, 4, 0, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	memset(&m, POISON, sizeof(m));
	EXPECT_EQ(0, msg->receive(id, &m, 0, 2, 0));
	EXPECT_EQ(2, m.type);
	EXPECT_TRUE(is_all(m.text, POISON, sizeof(m.text)));
	EXPECT_EQ(0, msg_send(id, 5, 0, IPC_NOWAIT));
	EXPECT_EQ(0, msg->receive(id, &m, 100, 1, MSG_NOERROR));
	EXPECT_EQ(0, msg->receive(id, &m, 100, 1, MSG_EXCEPT));
	EXPECT_EQ(3, m.type);
	EXPECT_EQ(0, msg->receive(id, &m, 100, -9, 0));
	EXPECT_EQ(5, m.type);
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- MSG_COPY */

TEST_F(msg, copy_shows_the_message_at_a_place_and_takes_nothing)
{
	int id = QUEUE_OF(9, 3, 3, 1), i, k;
	static const long types[] = { 9, 3, 3, 1 };
	struct msqid_ds ds;
	struct message m;

	ASSERT_LE(0, id);
	ds = msg_ds(id);
	for (k = 0; k < 2; k++) {
		for (i = 3; i >= 0; i--) {
			memset(&m, POISON, sizeof(m));
			EXPECT_EQ(4, msg->receive(id, &m, 100, i, IPC_NOWAIT | MSG_COPY));
			EXPECT_EQ(types[i], m.type);
			EXPECT_EQ(i, m.tag);
		}
	}
	EXPECT_EQ(-1, msg_peek(id, 4));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, LONG_MAX, IPC_NOWAIT | MSG_COPY));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, -1, IPC_NOWAIT | MSG_COPY));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, LONG_MIN, IPC_NOWAIT | MSG_COPY));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	/* places move up */
	EXPECT_EQ(1, msg_take(id, 3));
	EXPECT_TRUE(MSG_TAGS(id, 0, 2, 3));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, copy_that_might_wait_or_has_another_meaning_is_einval)
{
	int id = QUEUE_OF(1, 2);

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, msg_receive_tag(id, 0, MSG_COPY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, 0, MSG_COPY | MSG_EXCEPT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	/* before the id is looked at */
	EXPECT_EQ(-1, msg_receive_tag(-1, 0, MSG_COPY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(MSG_TAGS(id, 0, 1));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, copy_of_a_large_message_is_whole)
{
	static const size_t sizes[] = { 0, 100, 4096, 8192 };
	int id = msg_new();
	struct message m;
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(0, msg_send(id, 1 + i, sizes[i], 0));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(&m, POISON, sizeof(m));
		EXPECT_EQ(sizes[i], msg->receive(id, &m, 8192, i, IPC_NOWAIT | MSG_COPY));
		EXPECT_EQ(1 + i, m.type);
		EXPECT_TRUE(is_pattern(m.text, sizes[i], 1 + i));
	}
	/* the kernel refuses to cut a copy; kipc cuts it like any other */
	memset(&m, POISON, sizeof(m));
	if (msg == &msg_native) {
		EXPECT_EQ(-1, msg->receive(id, &m, 50, 1, IPC_NOWAIT | MSG_COPY | MSG_NOERROR));
		EXPECT_EQ(EINVAL, errno);
	} else {
		EXPECT_EQ(50, msg->receive(id, &m, 50, 1, IPC_NOWAIT | MSG_COPY | MSG_NOERROR));
		EXPECT_EQ(2, m.type);
		EXPECT_TRUE(is_pattern(m.text, 50, 2));
		EXPECT_TRUE(is_all(m.text + 50, POISON, sizeof(m.text) - 50));
	}
	EXPECT_EQ(ARRAY_SIZE(sizes), msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- how much it holds */

TEST_F(msg, queue_is_full_when_its_bytes_are_used)
{
	int id = msg_new();
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	EXPECT_EQ(MSGMNB, msg_ds(id).msg_qbytes);
	EXPECT_EQ(0, msg_send(id, 1, 8192, IPC_NOWAIT));
	EXPECT_EQ(0, msg_send(id, 2, 8000, IPC_NOWAIT));
	EXPECT_EQ(-1, msg_send(id, 3, 193, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, msg_send(id, 3, 192, IPC_NOWAIT));
	ds = msg_ds(id);
	EXPECT_EQ(MSGMNB, ds.msg_cbytes);
	EXPECT_EQ(-1, msg_send(id, 4, 1, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	/* but for those that need none of them */
	EXPECT_EQ(0, msg_send(id, 4, 0, IPC_NOWAIT));
	EXPECT_TRUE(msg_arrives(id, 3, 192));
	EXPECT_EQ(0, msg_send(id, 5, 192, IPC_NOWAIT));
	EXPECT_EQ(-1, msg_send(id, 5, 1, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(4, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, new_queues_hold_what_msgmnb_says)
{
	int old = msg_new(), id;

	ASSERT_LE(0, old);
	ASSERT_EQ(0, msg_limit_set("msgmnb", 100));
	id = msg_new();
	ASSERT_LE(0, id);
	EXPECT_EQ(100, msg_ds(id).msg_qbytes);
	EXPECT_EQ(MSGMNB, msg_ds(old).msg_qbytes);
	EXPECT_EQ(0, msg_send(id, 1, 100, IPC_NOWAIT));
	EXPECT_EQ(-1, msg_send(id, 1, 1, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, msg_send(old, 1, 101, IPC_NOWAIT));
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(0, msg_rmid(old));
}

TEST_F(msg, message_larger_than_the_whole_queue_is_eagain)
{
	int id = msg_new_of(100);

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, msg_send(id, 1, 101, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, msg_send(id, 1, 8192, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, msg_set_qbytes(id, 0));
	EXPECT_EQ(-1, msg_send(id, 1, 0, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- errors of the arguments */

TEST_F(msg, sizes_that_no_message_can_have_are_einval)
{
	static const size_t bad[] = {
		8193, 65536, INT_MAX, (size_t)UINT_MAX + 1 ?: SIZE_MAX, LONG_MAX, LONG_MAX + 1UL,
		SIZE_MAX - 8, SIZE_MAX,
	};
	struct message m = { .type = 1 };
	int id = msg_new();
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, msg->send(id, &m, bad[i], IPC_NOWAIT));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, msg_qnum(id));
	/* whoever receives may have any room that there can be */
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(0, msg_put(id, 1, i));
		memset(&m, POISON, sizeof(m));
		if (bad[i] > LONG_MAX) {
			EXPECT_EQ(-1, msg->receive(id, &m, bad[i], 0, IPC_NOWAIT | MSG_NOERROR));
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ((int)i, msg_take(id, 0));
		} else {
			EXPECT_EQ(4, msg->receive(id, &m, bad[i], 0, IPC_NOWAIT));
			EXPECT_EQ((int)i, m.tag);
		}
	}
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, types_below_one_cannot_be_sent)
{
	static const long bad[] = { 0, -1, LONG_MIN, INT_MIN };
	int id = msg_new();
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, msg_put(id, bad[i], 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_send(id, bad[i], 0, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, ids_that_are_none_are_einval)
{
	int id = QUEUE_OF(1), bad[MSG_BAD_IDS];
	size_t i;

	ASSERT_LE(0, id);
	msg_bad_ids(id, bad);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, msg_send_tag(bad[i], 1, 1, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_receive_tag(bad[i], 0, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_peek(bad[i], 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(MSG_TAGS(id, 0));
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(-1, msg_send_tag(id, 1, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, 0, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* --- memory that is not there */

/* A message whose text ends @size bytes on, where the memory does; or NULL. */
static struct message *at_the_edge(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *edge = edge_alloc(4);

	return edge ? (struct message *)(edge + 4 * page - size - sizeof(long)) : NULL;
}

TEST_F(msg, message_that_cannot_be_read_is_efault_and_not_sent)
{
	static const size_t sizes[] = { 8, 104, 4000, 8184 };
	int id = QUEUE_OF(1);
	struct msqid_ds ds;
	struct message *m;
	size_t i;

	ASSERT_LE(0, id);
	ds = msg_ds(id);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		m = at_the_edge(sizes[i]);
		ASSERT_NE(NULL, m);
		m->type = 1;
		EXPECT_EQ(-1, msg->send(id, m, sizes[i] + 1, 0));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(-1, msg->send(id, m, 8192, IPC_NOWAIT));
		EXPECT_EQ(EFAULT, errno);
		/* the id is looked at later, and so is whether there is room */
		EXPECT_EQ(-1, msg->send(id + 1, m, sizes[i] + 1, 0));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(-1, msg->send(id, nowhere(), 100, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msg->send(id + 1, nowhere(), 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		m = at_the_edge(sizes[i]);
		ASSERT_NE(NULL, m);
		m->type = 2;
		pattern(m->text, sizes[i], 2);
		EXPECT_EQ(0, msg->send(id, m, sizes[i], 0));
		EXPECT_TRUE(msg_arrives(id, 2, sizes[i]));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

/* The kernel loses a message that cannot be written; kipc puts it back at its place. */
TEST_F(msg, message_that_cannot_be_written_is_efault_and_stays)
{
	static const size_t sizes[] = { 8, 104, 4000, 8184 };
	struct msqid_ds ds;
	struct message *m;
	size_t i;
	int id;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		id = QUEUE_OF(1, 1);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, msg_send(id, 2, sizes[i] + 1, 0));
		EXPECT_EQ(0, msg_put(id, 3, 3));
		ds = msg_ds(id);
		m = at_the_edge(sizes[i]);
		ASSERT_NE(NULL, m);
		/* a copy is never lost */
		EXPECT_EQ(-1, msg->receive(id, m, 8192, 2, IPC_NOWAIT | MSG_COPY));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_TRUE(msg_unchanged(id, &ds));
		EXPECT_EQ(-1, msg->receive(id, m, 8192, 2, i % 2 ? 0 : IPC_NOWAIT));
		EXPECT_EQ(EFAULT, errno);
		if (msg == &msg_native) {
			EXPECT_EQ(0, msg_take(id, 0));
			EXPECT_EQ(1, msg_take(id, 0));
		} else {
			EXPECT_TRUE(msg_unchanged(id, &ds));
			EXPECT_EQ(-1, msg->receive(id, nowhere(), sizes[i] + 1, 1, MSG_EXCEPT));
			EXPECT_EQ(EFAULT, errno);
			EXPECT_EQ(-1, msg->receive(id, nowhere(), 8, 2, MSG_NOERROR));
			EXPECT_EQ(EFAULT, errno);
			EXPECT_TRUE(msg_unchanged(id, &ds));
			EXPECT_EQ(0, msg_take(id, 0));
			EXPECT_EQ(1, msg_take(id, 0));
			EXPECT_TRUE(msg_arrives(id, 0, sizes[i] + 1));
		}
		EXPECT_EQ(3, msg_take(id, 0));
		EXPECT_EQ(0, msg_rmid(id));
	}
}

/* --- compared with a model */

#define MODEL_QBYTES	300
#define MODEL_TYPES	6
#define MODEL_MAX	(MODEL_QBYTES + 1)

struct model {
	struct {
		long type;
		size_t size;
		int serial;
	} list[MODEL_MAX];
	size_t n;
	size_t bytes;
};

static bool model_fits(const struct model *model, size_t size)
{
	return model->bytes + size <= MODEL_QBYTES && model->n + 1 <= MODEL_QBYTES;
}

/* The place of the message that is received, or -1. */
static int model_find(const struct model *model, long type, int flags)
{
	long best = 0;
	int found = -1;
	size_t i;

	if (flags & MSG_COPY)
		return type >= 0 && type < (long)model->n ? type : -1;
	for (i = 0; i < model->n; i++) {
		long t = model->list[i].type;

		if (type == 0 || (type > 0 && (flags & MSG_EXCEPT ? t != type : t == type)))
			return i;
		if (type < 0 && t <= -type && (found < 0 || t < best)) {
			found = i;
			best = t;
		}
	}
	return found;
}

/* What receiving must give: a place in the model, or the negative error. */
static int model_receive(const struct model *model, size_t room, long type, int flags)
{
	int at;

	if ((flags & MSG_COPY) && (flags & MSG_EXCEPT))
		return -EINVAL;
	at = model_find(model, type, flags);
	if (at < 0)
		return -ENOMSG;
	if (model->list[at].size <= room)
		return at;
	if (!(flags & MSG_NOERROR))
		return -E2BIG;
	return (flags & MSG_COPY) && msg == &msg_native ? -EINVAL : at;
}

static void model_take(struct model *model, int at)
{
	model->bytes -= model->list[at].size;
	model->n--;
	memmove(&model->list[at], &model->list[at + 1],
		(model->n - at) * sizeof(model->list[0]));
}

/* A random message: NULL, or what was wrong. */
static const char *model_try_send(struct model *model, int id, unsigned int *seed, int serial)
{
	static const size_t sizes[] = { 0, 0, 1, 4, 20, 60, 299, 301 };
	size_t size = sizes[rand_r(seed) % ARRAY_SIZE(sizes)];
	struct message m = { .type = 1 + rand_r(seed) % MODEL_TYPES };
	bool fits = model_fits(model, size);

	pattern(m.text, size, serial);
	if (msg->send(id, &m, size, IPC_NOWAIT))
		return !fits && errno == EAGAIN ? NULL : "error of sending";
	if (!fits)
		return "room";
	model->list[model->n].type = m.type;
	model->list[model->n].size = size;
	model->list[model->n++].serial = serial;
	model->bytes += size;
	return NULL;
}

static const char *model_try_receive(struct model *model, int id, unsigned int *seed)
{
	static const int kinds[] = {
		0, 0, 0, MSG_NOERROR, MSG_EXCEPT, MSG_EXCEPT | MSG_NOERROR, MSG_COPY,
		MSG_COPY | MSG_NOERROR, MSG_COPY | MSG_EXCEPT,
	};
	int flags = kinds[rand_r(seed) % ARRAY_SIZE(kinds)], at;
	long type = rand_r(seed) % (2 * MODEL_TYPES + 3) - MODEL_TYPES - 1;
	size_t room = rand_r(seed) % 3 ? 400 : rand_r(seed) % 64, size;
	struct message m;
	ssize_t n;

	memset(&m, POISON, 500);
	at = model_receive(model, room, type, flags);
	n = msg->receive(id, &m, room, type, flags | IPC_NOWAIT);
	if (at < 0)
		return n == -1 && errno == -at ? NULL : "error of receiving";
	size = model->list[at].size < room ? model->list[at].size : room;
	if (n != (ssize_t)size)
		return "length";
	if (m.type != model->list[at].type)
		return "type";
	if (!is_pattern(m.text, size, model->list[at].serial))
		return "text";
	if (!is_all(m.text + size, POISON, 450 - size))
		return "end of the text";
	if (!(flags & MSG_COPY))
		model_take(model, at);
	return NULL;
}

TEST_F_TIMEOUT(msg, random_calls_do_what_the_model_does, 120)
{
	struct model *model = calloc(1, sizeof(*model));
	int id = msg_new_of(MODEL_QBYTES), round;
	unsigned int seed = 4711, most = 0;
	const char *wrong;

	ASSERT_NE(NULL, model);
	ASSERT_LE(0, id);
	for (round = 0; round < 12000; round++) {
		/* it fills and empties by turns */
		if (rand_r(&seed) % 100 < (round / 500 % 2 ? 25 : 65))
			wrong = model_try_send(model, id, &seed, round);
		else
			wrong = model_try_receive(model, id, &seed);
		ASSERT_EQ(NULL, wrong)
			TH_LOG("round %d, %zu messages: %s", round, model->n, wrong ?: "");
		ASSERT_EQ(model->n, msg_qnum(id));
		ASSERT_EQ(model->bytes, msg_cbytes(id));
		most = model->n > most ? model->n : most;
	}
	EXPECT_LT(10, most);
	EXPECT_EQ(0, msg_rmid(id));
	free(model);
}

TEST_HARNESS_MAIN
