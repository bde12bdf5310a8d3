// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on a queue, some of which sleep, against a model of what must come out;
 * and many senders and receivers at once, between whom nothing may be lost, come twice or
 * come out of its order.
 *
 * Environment: KIPC_SEED, the seed to begin with.
 */
#include "msg_kipc_fixture.h"

#include <pthread.h>
#include <stddef.h>

static unsigned int seed;

static unsigned int seed_begin(void)
{
	const char *env = getenv("KIPC_SEED");

	seed = env ? strtoul(env, NULL, 0) : (unsigned int)now_ms();
	printf("# KIPC_SEED=%u\n", seed);
	fflush(stdout);
	return seed;
}

static unsigned int below(unsigned int n)
{
	return rand_r(&seed) % n;
}

/* --- workers: processes that do one operation at a time, and may sleep in it */

enum { WORKERS = 9, LONGEST = 120 };

/* What is done, and with which result. */
struct job {
	bool send;
	long long type;
	size_t size;
	unsigned int flags;
	int seq;
	/* 0 or bytes, or -1 with errno */
	long ret;
	int error;
	long long got_type;
	char bytes[LONGEST];
};

static struct worker {
	pid_t pid;
	int go[2];
	int fd;
	int done;
	struct job job;
} *workers;

/* By id, on a descriptor, by read(2) and write(2). */
enum { BY_ID, BY_FD, BY_FILE, WAYS };

static int way_of(int w)
{
	return w % WAYS;
}

static void job_do_by_file(struct worker *worker)
{
	struct job *job = &worker->job;
	struct {
		__s64 type;
		char bytes[LONGEST];
	} msg;

	set_flag(worker->fd, O_NONBLOCK, job->flags & NOWAIT);
	if (job->send) {
		msg.type = job->type;
		memcpy(msg.bytes, job->bytes, job->size);
		job->ret = write(worker->fd, &msg, 8 + job->size) < 0 ? -1 : 0;
	} else {
		queue_filter(worker->fd, job->type,
			     job->flags & (KIPC_MSG_NOERROR | KIPC_MSG_EXCEPT));
		memset(&msg, POISON, sizeof(msg));
		job->ret = read(worker->fd, &msg, 8 + job->size);
		if (job->ret >= 0)
			job->ret -= 8;
		job->got_type = msg.type;
		memcpy(job->bytes, msg.bytes, sizeof(job->bytes));
	}
	/* these have one word for both */
	job->error = errno == EAGAIN && !job->send ? ENOMSG : errno;
}

static void job_do(const struct _test_data_queue *self, int w)
{
	struct worker *worker = &workers[w];
	struct job *job = &worker->job;
	int fd = way_of(w) == BY_ID ? self->dev : worker->fd;
	int id = way_of(w) == BY_ID ? self->id : SELF;

	errno = 0;
	if (way_of(w) == BY_FILE) {
		job_do_by_file(worker);
	} else if (job->send) {
		job->ret = queue_send(fd, id, job->type, job->bytes, job->size, job->flags);
		job->error = errno;
	} else {
		memset(job->bytes, POISON, sizeof(job->bytes));
		job->ret = queue_receive(fd, id, job->type, job->bytes, job->size, job->flags,
					 &job->got_type);
		job->error = errno;
	}
}

static int workers_start(const struct _test_data_queue *self)
{
	pid_t pid;
	char c;
	int w;

	workers = shared_alloc(WORKERS * sizeof(*workers));
	if (!workers)
		return -1;
	for (w = 0; w < WORKERS; w++) {
		struct worker *worker = &workers[w];

		worker->done = 1;
		if (pipe2(worker->go, O_CLOEXEC))
			return -1;
		worker->fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
		pid = child_fork();
		if (pid < 0 || worker->fd < 0)
			return -1;
		if (pid) {
			worker->pid = pid;
			continue;
		}
		handle_signal(SIGUSR1, 0);
		for (;;) {
			if (read(worker->go[0], &c, 1) != 1)
				continue;
			job_do(self, w);
			STORE(&worker->done, 1);
		}
	}
	return 0;
}

static void workers_end(void)
{
	int w;

	for (w = 0; w < WORKERS; w++) {
		child_kill(workers[w].pid);
		close(workers[w].fd);
		close(workers[w].go[0]);
		close(workers[w].go[1]);
	}
}

/* --- the model */

struct message {
	long long type;
	size_t size;
	int seq;
};

enum { MESSAGES_MAX = 1000 };

static struct model {
	unsigned long long qbytes, cbytes;
	int qnum, nr_senders, nr_receivers;
	struct message queue[MESSAGES_MAX];
	/* workers that sleep, in the order of their coming; messages of the senders */
	int senders[WORKERS];
	struct message waiting[WORKERS];
	int receivers[WORKERS];
	/* what each worker's job must have come to, unless it sleeps */
	struct outcome {
		bool asleep;
		int error;
		bool received;
		struct message msg;
	} outcome[WORKERS];
} model;

/* Of @n elements of @size bytes, take out one. */
static void list_remove(void *list, size_t size, int n, int at)
{
	char *place = (char *)list + at * size;

	memmove(place, place + size, (n - 1 - at) * size);
}

static bool wants(const struct job *job, long long type)
{
	if (job->type == 0)
		return true;
	if (job->type < 0)
		return type <= -job->type;
	return (job->type == type) != !!(job->flags & KIPC_MSG_EXCEPT);
}

/* Which of @n messages a receiver gets, or -1. */
static int choose(const struct job *job, const struct message *list, int n)
{
	int best = -1, i;

	for (i = 0; i < n; i++) {
		if (!wants(job, list[i].type))
			continue;
		if (best < 0 || (job->type < 0 && list[i].type < list[best].type))
			best = i;
	}
	return best;
}

static bool is_too_big(const struct job *job, const struct message *msg)
{
	return msg->size > job->size && !(job->flags & KIPC_MSG_NOERROR);
}

static void ends_with(int w, int error)
{
	model.outcome[w] = (struct outcome) { .error = error };
}

static void gets(int w, const struct message *msg)
{
	model.outcome[w] = (struct outcome) { .received = true, .msg = *msg };
}

static bool fits(const struct message *msg)
{
	return model.cbytes + msg->size <= model.qbytes &&
	       model.qnum + 1ULL <= model.qbytes;
}

static void comes_in(const struct message *msg)
{
	model.queue[model.qnum++] = *msg;
	model.cbytes += msg->size;
}

static void sender_leaves(int at)
{
	list_remove(model.senders, sizeof(*model.senders), model.nr_senders, at);
	list_remove(model.waiting, sizeof(*model.waiting), model.nr_senders, at);
	model.nr_senders--;
}

static void receiver_leaves(int at)
{
	list_remove(model.receivers, sizeof(*model.receivers), model.nr_receivers, at);
	model.nr_receivers--;
}

/* Let those in who wait, in their order. */
static void serve(void)
{
	int i = 0;

	while (i < model.nr_senders) {
		struct message *msg = &model.waiting[i];

		if (msg->size > model.qbytes) {
			i++;
			continue;
		}
		if (!fits(msg))
			return;
		comes_in(msg);
		ends_with(model.senders[i], 0);
		sender_leaves(i);
	}
}

/* Whether somebody waits who may come in one day. */
static bool somebody_is_before(void)
{
	int i;

	for (i = 0; i < model.nr_senders; i++)
		if (model.waiting[i].size <= model.qbytes)
			return true;
	return false;
}

static bool somebody_can_have(const struct message *msg)
{
	const struct job *job;
	int i;

	for (i = 0; i < model.nr_receivers; i++) {
		job = &workers[model.receivers[i]].job;
		if (wants(job, msg->type) && !is_too_big(job, msg))
			return true;
	}
	return false;
}

static void model_send(int w)
{
	const struct job *job = &workers[w].job, *other;
	struct message msg = { job->type, job->size, job->seq };
	bool room = fits(&msg) && !somebody_is_before();
	int i = 0, r;

	/* a message that will not be ends nobody with E2BIG */
	if (!room && job->flags & NOWAIT && !somebody_can_have(&msg)) {
		ends_with(w, EAGAIN);
		return;
	}
	while (i < model.nr_receivers) {
		r = model.receivers[i];
		other = &workers[r].job;
		if (!wants(other, msg.type)) {
			i++;
			continue;
		}
		receiver_leaves(i);
		if (is_too_big(other, &msg)) {
			ends_with(r, E2BIG);
			continue;
		}
		gets(r, &msg);
		ends_with(w, 0);
		return;
	}
	if (room) {
		comes_in(&msg);
		ends_with(w, 0);
	} else {
		model.waiting[model.nr_senders] = msg;
		model.senders[model.nr_senders++] = w;
		model.outcome[w] = (struct outcome) { .asleep = true };
	}
}

static void model_receive(int w)
{
	const struct job *job = &workers[w].job;
	struct message msg;
	int at;

	if (job->flags & KIPC_MSG_COPY) {
		if (job->type >= model.qnum)
			ends_with(w, ENOMSG);
		else if (is_too_big(job, &model.queue[job->type]))
			ends_with(w, E2BIG);
		else
			gets(w, &model.queue[job->type]);
		return;
	}
	at = choose(job, model.queue, model.qnum);
	if (at >= 0) {
		msg = model.queue[at];
		if (is_too_big(job, &msg)) {
			ends_with(w, E2BIG);
			return;
		}
		list_remove(model.queue, sizeof(*model.queue), model.qnum, at);
		model.qnum--;
		model.cbytes -= msg.size;
		gets(w, &msg);
		serve();
		return;
	}
	at = choose(job, model.waiting, model.nr_senders);
	if (at >= 0) {
		msg = model.waiting[at];
		if (is_too_big(job, &msg)) {
			ends_with(w, E2BIG);
			return;
		}
		ends_with(model.senders[at], 0);
		sender_leaves(at);
		gets(w, &msg);
		serve();
		return;
	}
	if (job->flags & NOWAIT) {
		ends_with(w, ENOMSG);
		return;
	}
	model.receivers[model.nr_receivers++] = w;
	model.outcome[w] = (struct outcome) { .asleep = true };
}

static void model_interrupt(int w)
{
	int i;

	for (i = 0; i < model.nr_receivers; i++) {
		if (model.receivers[i] == w) {
			receiver_leaves(i);
			break;
		}
	}
	for (i = 0; i < model.nr_senders; i++) {
		if (model.senders[i] == w) {
			sender_leaves(i);
			break;
		}
	}
	ends_with(w, EINTR);
	serve();
}

/* --- whether it is so */

static void bytes_make(char *bytes, size_t size, int seq)
{
	pattern(bytes, size, seq * 17);
	if (size >= sizeof(seq))
		memcpy(bytes, &seq, sizeof(seq));
}

static bool result_is_right(int w)
{
	const struct outcome *want = &model.outcome[w];
	const struct job *job = &workers[w].job;
	char bytes[LONGEST];
	size_t n;

	if (want->error)
		return job->ret == -1 && job->error == want->error;
	if (!want->received)
		return job->send && job->ret == 0;
	n = want->msg.size < job->size ? want->msg.size : job->size;
	bytes_make(bytes, want->msg.size, want->msg.seq);
	return job->ret == (long)n && job->got_type == want->msg.type &&
	       !memcmp(job->bytes, bytes, n) &&
	       is_all(job->bytes + n, POISON, sizeof(job->bytes) - n);
}

static bool has_settled(const struct _test_data_queue *self)
{
	struct kipc_msg_stat stat;
	int w;

	for (w = 0; w < WORKERS; w++)
		if (!model.outcome[w].asleep && !LOAD(&workers[w].done))
			return false;
	stat = queue_stat(self->fd, SELF);
	return stat.qnum == (unsigned int)model.qnum && stat.cbytes == model.cbytes &&
	       stat.qbytes == model.qbytes && stat.senders == (unsigned int)model.nr_senders &&
	       stat.receivers == (unsigned int)model.nr_receivers;
}

static void show(const struct _test_data_queue *self)
{
	struct kipc_msg_stat stat = queue_stat(self->fd, SELF);
	int w;

	printf("# queue: %llu messages, %llu of %llu bytes, %u senders, %u receivers\n",
	       stat.qnum, stat.cbytes, stat.qbytes, stat.senders, stat.receivers);
	printf("# model: %d messages, %llu of %llu bytes, %d senders, %d receivers\n",
	       model.qnum, model.cbytes, model.qbytes, model.nr_senders, model.nr_receivers);
	for (w = 0; w < WORKERS; w++) {
		const struct outcome *want = &model.outcome[w];
		const struct job *job = &workers[w].job;

		printf("# %d: %s type %lld, %zu bytes, flags %#x, way %d: %s %ld (%d), type %lld\n",
		       w, job->send ? "send" : "receive", job->type, job->size, job->flags,
		       way_of(w), LOAD(&workers[w].done) ? "done" : "asleep", job->ret,
		       job->error, job->got_type);
		printf("#    should %s %d, message of type %lld, %zu bytes\n",
		       want->asleep ? "sleep" : "end", want->error, want->msg.type,
		       want->msg.size);
	}
	fflush(stdout);
}

static bool is_right(const struct _test_data_queue *self)
{
	int w;

	if (!EVENTUALLY(has_settled(self))) {
		show(self);
		return false;
	}
	for (w = 0; w < WORKERS; w++) {
		if (model.outcome[w].asleep ? !LOAD(&workers[w].done) : result_is_right(w))
			continue;
		printf("# worker %d:\n", w);
		show(self);
		return false;
	}
	return true;
}

static void job_choose(int w, int seq)
{
	static const unsigned int flags[] = {
		0, 0, 0, NOWAIT, KIPC_MSG_NOERROR, NOWAIT | KIPC_MSG_NOERROR,
	};
	struct job *job = &workers[w].job;

	memset(job, 0, sizeof(*job));
	job->seq = seq;
	job->send = below(2);
	job->flags = flags[below(ARRAY_SIZE(flags))];
	if (job->send) {
		job->flags &= NOWAIT;
		job->type = 1 + below(5);
		job->size = below(4) ? 4 + below(40) : below(2) ? 0 : below(LONGEST + 1);
		bytes_make(job->bytes, job->size, seq);
		return;
	}
	job->size = below(4) ? LONGEST : below(50);
	job->type = (long long)below(13) - 6;
	if (!below(5) && job->type > 0)
		job->flags |= KIPC_MSG_EXCEPT;
	if (!below(8) && job->type >= 0 && way_of(w) != BY_FILE)
		job->flags = KIPC_MSG_COPY | NOWAIT;
}

static void run_model(struct __test_metadata *_metadata, struct _test_data_queue *self,
		      unsigned int qbytes_max, int steps)
{
	int step, w, asleep = 0;

	memset(&model, 0, sizeof(model));
	seed_begin();
	ASSERT_EQ(0, workers_start(self));
	for (w = 0; w < WORKERS; w++)
		ends_with(w, 0);
	for (w = 0; w < WORKERS; w++)
		workers[w].job.send = true;
	model.qbytes = qbytes_max;
	ASSERT_EQ(0, queue_resize(self->fd, SELF, model.qbytes));
	for (step = 1; step <= steps; step++) {
		w = below(WORKERS);
		if (!below(40)) {
			/* those who sleep keep their places */
			model.qbytes = below(qbytes_max + 1);
			ASSERT_EQ(0, queue_resize(self->fd, SELF, model.qbytes));
			serve();
		} else if (model.outcome[w].asleep) {
			/* now and then, and always if nobody is left to work */
			if (below(6) && model.nr_senders + model.nr_receivers < WORKERS)
				continue;
			kill(workers[w].pid, SIGUSR1);
			model_interrupt(w);
		} else {
			job_choose(w, step);
			STORE(&workers[w].done, 0);
			if (workers[w].job.send)
				model_send(w);
			else
				model_receive(w);
			ASSERT_EQ(1, write(workers[w].go[1], "x", 1));
			asleep += model.outcome[w].asleep;
		}
		ASSERT_TRUE(is_right(self))
			TH_LOG("step %d, worker %d, KIPC_SEED=%u", step, w, seed);
	}
	printf("# %d of %d operations slept\n", asleep, steps);
	fflush(stdout);
	EXPECT_LT(steps / 50, asleep);
	workers_end();
}

TEST_F_TIMEOUT(queue, random_operations_on_a_small_queue_do_what_the_model_does, 120)
{
	run_model(_metadata, self, 100, 5000);
}

TEST_F_TIMEOUT(queue, random_operations_on_a_larger_queue_do_what_the_model_does, 120)
{
	run_model(_metadata, self, 400, 5000);
}

/* So few messages that their number is what counts. */
TEST_F_TIMEOUT(queue, random_operations_on_a_tiny_queue_do_what_the_model_does, 120)
{
	run_model(_metadata, self, 6, 3000);
}

/* --- many at once */

enum { SENDERS = 4, RECEIVERS = 3, TYPES = 4, EACH = 1500, TOTAL = SENDERS * EACH };

static struct crowd {
	int dev;
	int id;
	int sent;
	int received;
	int bad;
	char what[100];
	unsigned char seen[SENDERS][EACH];
} *crowd;

struct parcel {
	int sender;
	int seq;
	unsigned char pad[200];
};

static void complain(const char *what, int sender, int seq)
{
	int error = errno;

	if (ADD(&crowd->bad, 1) == 1)
		snprintf(crowd->what, sizeof(crowd->what), "%s: message %d of %d, errno %d", what,
			 seq, sender, error);
}

static void sender_run(int sender, unsigned int s, int fd)
{
	struct parcel parcel = { .sender = sender };
	size_t size;
	int n;

	for (n = 0; n < EACH && !LOAD(&crowd->bad); n++) {
		parcel.seq = n;
		size = rand_r(&s) % sizeof(parcel.pad);
		pattern(parcel.pad, size, n + sender);
		size += offsetof(struct parcel, pad);
		if (queue_send(n % 2 ? fd : crowd->dev, n % 2 ? SELF : crowd->id,
			       1 + rand_r(&s) % TYPES, &parcel, size, 0))
			complain("send", sender, n);
		ADD(&crowd->sent, 1);
	}
}

static void receiver_run(unsigned int s, int fd)
{
	int last[SENDERS][TYPES + 1], flags;
	struct parcel parcel;
	long long want, type;
	ssize_t n, size;

	memset(last, -1, sizeof(last));
	while (LOAD(&crowd->received) < TOTAL && !LOAD(&crowd->bad)) {
		want = (long long)(rand_r(&s) % (2 * TYPES + 1)) - TYPES;
		flags = want > 0 && rand_r(&s) % 2 ? KIPC_MSG_EXCEPT : 0;
		n = queue_receive_until(s % 2 ? fd : crowd->dev, s % 2 ? SELF : crowd->id, want,
					&parcel, sizeof(parcel), KIPC_MSG_RELATIVE | flags,
					rand_r(&s) % 3000000, &type);
		if (n < 0) {
			if (errno != ETIMEDOUT)
				complain("receive", -1, -1);
			continue;
		}
		size = n - (ssize_t)offsetof(struct parcel, pad);
		if (size < 0 || parcel.sender < 0 || parcel.sender >= SENDERS || parcel.seq < 0 ||
		    parcel.seq >= EACH || type < 1 || type > TYPES ||
		    !is_pattern(parcel.pad, size, parcel.seq + parcel.sender)) {
			complain("not what was sent", parcel.sender, parcel.seq);
			continue;
		}
		if (ADD(&crowd->seen[parcel.sender][parcel.seq], 1) != 1)
			complain("twice", parcel.sender, parcel.seq);
		if (parcel.seq <= last[parcel.sender][type])
			complain("out of its order", parcel.sender, parcel.seq);
		last[parcel.sender][type] = parcel.seq;
		ADD(&crowd->received, 1);
	}
}

/* A process is a sender and a receiver, in a thread each; or only one of them. */
struct part {
	int sender;
	unsigned int seed;
	int fd;
};

static void *receiver_thread(void *data)
{
	struct part *part = data;

	receiver_run(part->seed, part->fd);
	return NULL;
}

static void part_run(struct part *part, int number)
{
	pthread_t thread;

	part->fd = queue_open(crowd->dev, crowd->id, 0);
	if (number < RECEIVERS && pthread_create(&thread, NULL, receiver_thread, part))
		_exit(1);
	if (number < SENDERS)
		sender_run(number, part->seed, part->fd);
	if (number < RECEIVERS)
		pthread_join(thread, NULL);
	_exit(0);
}

TEST_F_TIMEOUT(queue, nothing_is_lost_comes_twice_or_out_of_order_among_many, 120)
{
	enum { PARTS = SENDERS > RECEIVERS ? SENDERS : RECEIVERS };
	struct kipc_msg_stat stat;
	pid_t pids[PARTS];
	long long end;
	int i;

	seed_begin();
	crowd = shared_alloc(sizeof(*crowd));
	ASSERT_NE(NULL, crowd);
	crowd->dev = self->dev;
	crowd->id = self->id;
	/* a few messages, so that both sides wait again and again */
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 600));
	for (i = 0; i < PARTS; i++) {
		struct part part = { .seed = seed + i };

		pids[i] = child_fork();
		if (!pids[i])
			part_run(&part, i);
	}
	for (end = now_ms() + 100000; now_ms() < end; nap()) {
		if (LOAD(&crowd->received) == TOTAL || LOAD(&crowd->bad))
			break;
		stat = queue_stat(self->fd, SELF);
		if (stat.cbytes > 600 || stat.senders > SENDERS || stat.receivers > RECEIVERS ||
		    (!stat.qnum && stat.cbytes))
			complain("numbers of the queue", stat.qnum, stat.cbytes);
	}
	EXPECT_EQ(0, crowd->bad)
		TH_LOG("%s, KIPC_SEED=%u", crowd->what, seed);
	for (i = 0; i < PARTS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(TOTAL, crowd->sent);
	EXPECT_EQ(TOTAL, crowd->received);
	EXPECT_TRUE(is_all(crowd->seen, 1, sizeof(crowd->seen)));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
}

TEST_HARNESS_MAIN
