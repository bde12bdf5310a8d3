// SPDX-License-Identifier: GPL-2.0
/*
 * Many senders and many receivers at once: nothing is lost, nothing comes twice, every
 * message is whole, and those of one sender and one type come in the order in which they
 * were sent, in small queues and large ones, whatever is received.
 */
#include "msg_fixture.h"
#include "race.h"

#define SENDERS		4
#define RECEIVERS	4
#define TYPES		4
#define EACH		600

/* What a message begins with; the pattern follows, from the offset @number on. */
struct record {
	int sender;
	int number;		/* of all that this sender sends */
	int turn;		/* among those of its type */
	int size;		/* of what follows */
};

struct load {
	/* what each of the receivers asks for */
	long types[RECEIVERS];
	int flags;
	size_t qbytes;
	int most;		/* bytes in a message, besides the record */
	int each;		/* messages of a sender; 0: EACH */
	bool sets;		/* permissions are set all the time */

	/* of the run */
	int id;
	int failed;
	int received;
	int stop;
	unsigned char seen[SENDERS][EACH];
};

static void fail(struct load *load, const char *what)
{
	if (ADD(&load->failed, 1) == 1) {
		printf("# %s: %s\n", what, strerror(errno));
		fflush(stdout);
	}
}

static void send_all(struct load *load, int sender)
{
	unsigned int seed = sender;
	int turns[TYPES] = { 0 }, i, type;
	struct message m;
	struct record *r = (struct record *)m.text;

	for (i = 0; i < load->each; i++) {
		type = rand_r(&seed) % TYPES;
		m.type = 1 + type;
		*r = (struct record) {
			.sender = sender, .number = i, .turn = ++turns[type],
			.size = rand_r(&seed) % (load->most + 1),
		};
		pattern(r + 1, r->size, i);
		if (msg->send(load->id, &m, sizeof(*r) + r->size, 0)) {
			fail(load, "a message cannot be sent");
			return;
		}
	}
}

/* Whether a message is whole, new, and later than @turns, which it is noted in. */
static const char *check(struct load *load, const struct message *m, ssize_t n,
			 int turns[SENDERS][TYPES])
{
	const struct record *r = (const struct record *)m->text;
	int *turn;

	if (n < (ssize_t)sizeof(*r) || n != (ssize_t)sizeof(*r) + r->size)
		return "a message has another length";
	if (m->type < 1 || m->type > TYPES || r->sender < 0 || r->sender >= SENDERS ||
	    r->number < 0 || r->number >= EACH || !is_pattern(r + 1, r->size, r->number))
		return "a message is not what was sent";
	if (ADD(&load->seen[r->sender][r->number], 1) != 1)
		return "a message came twice";
	turn = &turns[r->sender][m->type - 1];
	if (r->turn <= *turn)
		return "a message came before an older one";
	*turn = r->turn;
	return NULL;
}

static void receive_all(struct load *load, int receiver)
{
	int turns[SENDERS][TYPES] = { 0 };
	const char *wrong;
	struct message m;
	ssize_t n;

	while (!LOAD(&load->failed)) {
		n = msg->receive(load->id, &m, sizeof(m.text), load->types[receiver],
				 load->flags);
		if (n < 0 && (errno == EIDRM || errno == EINVAL) && LOAD(&load->stop))
			return;
		wrong = n < 0 ? "receiving failed" : check(load, &m, n, turns);
		if (wrong)
			fail(load, wrong);
		ADD(&load->received, 1);
	}
}

/* Modes, and a size that changes nothing. */
static void set_all(struct load *load)
{
	unsigned int mode = 0600;

	while (!LOAD(&load->stop)) {
		mode ^= 0044;
		if (msg_set(load->id, 0, 0, mode, load->qbytes) && !LOAD(&load->stop))
			fail(load, "IPC_SET failed");
		sched_yield();
	}
}

static void run(struct __test_metadata *_metadata, const struct load *what)
{
	struct load *load = shared_alloc(sizeof(*load));
	pid_t pids[SENDERS + RECEIVERS + 1];
	int i, all, missing = 0;

	ASSERT_NE(NULL, load);
	*load = *what;
	load->each = load->each ?: EACH;
	all = SENDERS * load->each;
	load->id = msg_new_of(load->qbytes);
	ASSERT_LE(0, load->id);
	for (i = 0; i < SENDERS + RECEIVERS + 1; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		if (i < SENDERS)
			send_all(load, i);
		else if (i < SENDERS + RECEIVERS)
			receive_all(load, i - SENDERS);
		else if (load->sets)
			set_all(load);
		_exit(LOAD(&load->failed) != 0);
	}
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_TRUE(EVENTUALLY(LOAD(&load->received) == all || LOAD(&load->failed)));
	EXPECT_EQ(0, msg_qnum(load->id));
	EXPECT_EQ(0, msg_cbytes(load->id));
	STORE(&load->stop, 1);
	EXPECT_EQ(0, msg_rmid(load->id));
	for (i = SENDERS; i < SENDERS + RECEIVERS + 1; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	for (i = 0; i < all; i++)
		missing += load->seen[i / load->each][i % load->each] != 1;
	EXPECT_EQ(0, missing);
	EXPECT_EQ(0, load->failed);
}

TEST_F_TIMEOUT(msg, whatever_comes_first_is_received_by_anybody, 120)
{
	struct load load = { .qbytes = MSGMNB, .most = 500 };

	run(_metadata, &load);
}

/* Senders sleep most of the time, and are served one by one. */
TEST_F_TIMEOUT(msg, queue_for_one_message_passes_all_of_them, 120)
{
	struct load load = { .qbytes = 40, .most = 24 };

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, receivers_of_the_lowest_type_share_the_messages, 120)
{
	struct load load = { .types = { -4, -4, LONG_MIN, -5 }, .qbytes = 300, .most = 100 };

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, receivers_of_different_types_share_the_messages, 120)
{
	struct load load = { .types = { 0, 2, -3, 4 }, .qbytes = 200, .most = 100 };

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, each_receiver_gets_the_messages_of_its_own_type, 120)
{
	struct load load = { .types = { 1, 2, 3, 4 }, .qbytes = 100, .most = 60 };

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, receivers_of_all_but_one_type_share_the_messages, 120)
{
	struct load load = {
		.types = { 1, 2, 3, 4 }, .flags = MSG_EXCEPT, .qbytes = 1000, .most = 300,
	};

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, messages_of_many_pieces_stay_whole, 120)
{
	struct load load = {
		.qbytes = MSGMNB, .each = 150, .most = MSGMAX - sizeof(struct record),
	};

	run(_metadata, &load);
}

TEST_F_TIMEOUT(msg, settings_that_wake_all_sleepers_lose_nothing, 120)
{
	struct load load = {
		.types = { 0, -3, 0, LONG_MIN }, .qbytes = 100, .most = 60, .sets = true,
	};

	run(_metadata, &load);
}

TEST_HARNESS_MAIN
