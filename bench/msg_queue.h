/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Message queues of both implementations, for msg_bench. The kernel has one way to them:
 * msgsnd(2), msgrcv(2) and msgctl(2) by id. kipc has three:
 *
 *	BY_ID	KIPC_IOC_MSG_SEND and _RECEIVE by id, on the instance
 *	BY_FD	the same on a descriptor of the queue
 *	BY_RW	write(2) and read(2) on it, with the type in front of the message
 */
#ifndef KIPC_MSG_QUEUE_H
#define KIPC_MSG_QUEUE_H

#include "bench.h"

/* The largest message that is measured */
#define MESSAGE_MAX	65536

enum way {
	BY_ID,
	BY_FD,
	BY_RW
};

/* The kernel's ignores @way and @fd. */
struct queue {
	enum bench_impl impl;
	enum way way;
	int id;
	int fd;
};

/* As msgsnd(2) and write(2) take it */
struct message {
	long type;
	char text[MESSAGE_MAX];
};

/* By key: the id, -1 if that fails */
int queue_try(enum bench_impl impl, int key, bool create);
bool queue_try_remove(enum bench_impl impl, int id);

int queue_create(enum bench_impl impl, int key);
void queue_remove(enum bench_impl impl, int id);

/* A new queue; or one more way to that of @id. read(2) takes messages of @type from it. */
void queue_open(struct queue *q, enum bench_impl impl, enum way way, long type);
void queue_open_id(struct queue *q, enum bench_impl impl, enum way way, int id, long type);
/* Close it and remove it. */
void queue_close(const struct queue *q);

void queue_set_qbytes(const struct queue *q, unsigned long qbytes);
bool queue_stat(const struct queue *q);
bool queue_send(const struct queue *q, const struct message *m, size_t size);
/*
 * A message of exactly @size bytes. @flags: of msgrcv(2), 0 or MSG_EXCEPT. read(2) looks
 * at neither those nor @type.
 */
bool queue_receive(const struct queue *q, struct message *m, size_t size, long type, int flags);

/* Allow messages of MESSAGE_MAX bytes; false if that cannot be. */
bool msgmax_raise(enum bench_impl impl);
/* As it was, of both */
void msgmax_restore(void);

#endif /* KIPC_MSG_QUEUE_H */
