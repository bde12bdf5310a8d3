// SPDX-License-Identifier: GPL-2.0
/* Message queues: what is found by the type of messages; see msg.h. */
#include "obj/msg.h"

static struct kipc_msg_key *kipc_msg_key_of(const struct rb_node *node)
{
	return rb_entry_safe(node, struct kipc_msg_key, node);
}

/* Puts a key in the ring of its type: to the end, or where it was if it comes back. */
static void kipc_msg_key_join(struct rb_root *root, struct kipc_msg_key *oldest,
			      struct kipc_msg_key *key)
{
	struct kipc_msg_key *after = oldest;

	if (unlikely(list_prev_entry(oldest, same)->order > key->order)) {
		while (after->order < key->order)
			after = list_next_entry(after, same);
		if (after == oldest)
			rb_replace_node(&oldest->node, &key->node, root);
	}
	list_add_tail(&key->same, &after->same);
}

/**
 * kipc_msg_key_add - make something be found by its type
 * @root: the tree
 * @key: its key, with type and order
 */
void kipc_msg_key_add(struct rb_root *root, struct kipc_msg_key *key)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	struct kipc_msg_key *other;

	while (*link) {
		parent = *link;
		other = kipc_msg_key_of(parent);
		if (key->type == other->type) {
			kipc_msg_key_join(root, other, key);
			return;
		}
		link = key->type < other->type ? &parent->rb_left :
						 &parent->rb_right;
	}
	INIT_LIST_HEAD(&key->same);
	rb_link_node(&key->node, parent, link);
	rb_insert_color(&key->node, root);
}

/**
 * kipc_msg_key_del - make something not be found any more
 * @root: the tree
 * @key: its key
 */
void kipc_msg_key_del(struct rb_root *root, struct kipc_msg_key *key)
{
	struct kipc_msg_key *next = list_next_entry(key, same);

	/* Only the oldest has a node; the others come after their elder. */
	if (next == key) {
		rb_erase(&key->node, root);
		return;
	}
	if (list_prev_entry(key, same)->order > key->order)
		rb_replace_node(&key->node, &next->node, root);
	list_del(&key->same);
}

/**
 * kipc_msg_key_find - find what is of a type
 * @root: the tree
 * @type: the type
 *
 * Return: the oldest, or NULL.
 */
struct kipc_msg_key *kipc_msg_key_find(const struct rb_root *root, s64 type)
{
	struct rb_node *node = root->rb_node;
	struct kipc_msg_key *key;

	while (node) {
		key = kipc_msg_key_of(node);
		if (type == key->type)
			return key;
		node = type < key->type ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * kipc_msg_key_least - find what is of the lowest type
 * @root: the tree
 *
 * Return: the oldest, or NULL.
 */
struct kipc_msg_key *kipc_msg_key_least(const struct rb_root *root)
{
	return kipc_msg_key_of(rb_first(root));
}

/**
 * kipc_msg_key_next - find what is of the next type
 * @key: the oldest of a type
 *
 * Return: the oldest of the next higher type that there is, or NULL.
 */
struct kipc_msg_key *kipc_msg_key_next(const struct kipc_msg_key *key)
{
	return kipc_msg_key_of(rb_next(&key->node));
}
