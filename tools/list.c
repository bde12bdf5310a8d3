// SPDX-License-Identifier: GPL-2.0
/* All objects of a kind that an instance has, read one after the other. */
#include <errno.h>
#include <stdlib.h>

#include "tool.h"

static int list_add(struct list *list, const struct object *object)
{
	struct object *objects = list->objects;

	/* room is a power of two */
	if (!(list->n & (list->n - 1))) {
		size_t room = list->n ? 2 * (size_t)list->n : 1;

		objects = realloc(objects, room * sizeof(*objects));
		if (!objects)
			return -ENOMEM;
		list->objects = objects;
	}
	objects[list->n++] = *object;
	return 0;
}

/* By index, as objects come and go meanwhile; 0 or a negative errno. */
int list_read(int device, const struct kind *kind, struct list *list)
{
	struct object object;
	int highest, err;

	*list = (struct list){ .kind = kind };
	err = kind->highest(device, &highest);
	for (int i = 0; !err && i <= highest; i++) {
		err = object_read(device, kind, i, KIPC_STAT_INDEX | KIPC_STAT_ANY, &object);
		if (!err)
			err = list_add(list, &object);
		else if (err == -EINVAL || err == -EIDRM)
			err = 0;	/* nothing there */
	}
	return err;
}

/* What was read of it, even if not all could be */
void list_drop(struct list *list)
{
	free(list->objects);
	list->objects = NULL;
	list->n = 0;
}

static int compare_ids(const void *one, const void *other)
{
	const struct object *a = one, *b = other;

	return (a->perm.id > b->perm.id) - (a->perm.id < b->perm.id);
}

/* By id, for list_find() */
void list_sort(struct list *list)
{
	if (list->n)
		qsort(list->objects, list->n, sizeof(*list->objects), compare_ids);
}

const struct object *list_find(const struct list *list, int id)
{
	struct object key = { .perm.id = id };

	return list->n ? bsearch(&key, list->objects, list->n, sizeof(key), compare_ids) : NULL;
}
