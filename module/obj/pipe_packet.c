// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes: packet mode. The bytes of a packet are in the ring as any others; a
 * &struct kipc_packet says where they begin and end.
 */
#include <linux/slab.h>

#include "obj/pipe.h"

static struct kmem_cache *kipc_packet_cache __ro_after_init;

/**
 * kipc_packet_alloc - make a packet that is in no pipe yet
 * @nowait: do not wait for memory
 *
 * Return: the packet, or NULL.
 */
struct kipc_packet *kipc_packet_alloc(bool nowait)
{
	gfp_t gfp = nowait ? GFP_NOWAIT | __GFP_NOWARN : GFP_KERNEL;

	return kmem_cache_alloc(kipc_packet_cache, gfp);
}

/**
 * kipc_packet_free - free a packet that is in no pipe any more
 * @packet: the packet, or NULL
 */
void kipc_packet_free(struct kipc_packet *packet)
{
	if (packet)
		kmem_cache_free(kipc_packet_cache, packet);
}

/**
 * kipc_packet_limit_locked - end a span behind the first packet
 * @pipe: the pipe; its lock is held
 * @skip: where the span begins, in bytes behind the tail; at most the first
 *	packet's end
 * @span: the span
 */
void kipc_packet_limit_locked(struct kipc_pipe *pipe, u32 skip,
			      struct kipc_pipe_span *span)
{
	const struct kipc_packet *packet;
	u32 ahead;

	packet = list_first_entry_or_null(&pipe->packets, struct kipc_packet,
					  node);
	if (!packet)
		return;
	ahead = packet->start - (pipe->ring.tail + skip);
	if (ahead >= span->copy)
		return;
	span->copy = min(span->copy, ahead + packet->len);
	span->consume = ahead + packet->len;
	span->whole_from = ahead;
}

/**
 * kipc_packet_consume_locked - take bytes of the packets
 * @pipe: the pipe, which has packets; its lock is held
 * @bytes: bytes behind the tail that are going; at most one packet ends there
 *
 * A packet that loses its beginning shrinks.
 *
 * Return: the first packet if all of it goes, for kipc_packet_free() after the
 * unlock, or NULL.
 */
struct kipc_packet *kipc_packet_consume_locked(struct kipc_pipe *pipe,
					       u32 bytes)
{
	struct kipc_packet *packet;
	u32 ahead;

	packet = list_first_entry(&pipe->packets, struct kipc_packet, node);
	ahead = packet->start - pipe->ring.tail;
	if (ahead >= bytes)
		return NULL;
	if (ahead + packet->len > bytes) {
		packet->len -= bytes - ahead;
		packet->start = pipe->ring.tail + bytes;
		return NULL;
	}
	list_del(&packet->node);
	WRITE_ONCE(pipe->nr_packets, pipe->nr_packets - 1);
	return packet;
}

/**
 * kipc_packets_free - forget all packets of a pipe
 * @pipe: a pipe that nobody else uses any more
 */
void kipc_packets_free(struct kipc_pipe *pipe)
{
	struct kipc_packet *packet, *next;

	list_for_each_entry_safe(packet, next, &pipe->packets, node) {
		list_del(&packet->node);
		kipc_packet_free(packet);
	}
	pipe->nr_packets = 0;
}

/**
 * kipc_packets_init - make the cache of packets
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_packets_init(void)
{
	kipc_packet_cache = KMEM_CACHE(kipc_packet, SLAB_ACCOUNT);
	return kipc_packet_cache ? 0 : -ENOMEM;
}

/**
 * kipc_packets_exit - destroy the cache of packets
 */
void kipc_packets_exit(void)
{
	kmem_cache_destroy(kipc_packet_cache);
}
