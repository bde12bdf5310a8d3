// SPDX-License-Identifier: GPL-2.0
/* What a program has left behind: objects that are there now and were not before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

void snapshot_drop(struct snapshot *snapshot)
{
	for (size_t i = 0; snapshot->lists && i < kinds_count; i++)
		list_drop(&snapshot->lists[i]);
	free(snapshot->lists);
	snapshot->lists = NULL;
}

int snapshot_take(int device, struct snapshot *snapshot)
{
	int err = -ENOMEM;

	snapshot->lists = calloc(kinds_count, sizeof(*snapshot->lists));
	for (size_t i = 0; snapshot->lists && i < kinds_count; i++) {
		err = list_read(device, kinds[i], &snapshot->lists[i]);
		if (err)
			break;
		list_sort(&snapshot->lists[i]);
	}
	if (!err)
		return 0;
	fail("cannot list the objects of %s: %s", device_path, object_problem(-err));
	snapshot_drop(snapshot);
	return -1;
}

/*
 * Report on standard output, as text only if there is something to tell. Returns how many
 * objects were left. An id has a sequence number in it, so that it is not soon another
 * object's.
 */
int snapshot_report(const struct snapshot *before, const struct snapshot *after, bool json)
{
	int left = 0;

	for (size_t i = 0; i < kinds_count; i++) {
		const struct list *list = &after->lists[i];
		bool first = true;

		for (int j = 0; j < list->n; j++) {
			const struct object *object = &list->objects[j];

			if (list_find(&before->lists[i], object->perm.id))
				continue;
			if (json) {
				printf("%s", left ? ",\n " : "");
				print_object_json(object, NULL);
			} else {
				if (first) {
					printf("kipc: left behind: %s\n", kinds[i]->title);
					print_table_heading(kinds[i]);
				}
				print_table_row(object);
			}
			first = false;
			left++;
		}
	}
	return left;
}
