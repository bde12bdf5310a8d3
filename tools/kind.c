// SPDX-License-Identifier: GPL-2.0
/* Objects with ids, of any kind: names of kinds, and what all kinds show alike. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "users.h"

const struct kind *const kinds[] = {
	&kind_shm,
	&kind_sem,
	&kind_msg,
	&kind_sig,
};

const size_t kinds_count = ARRAY_SIZE(kinds);

static const struct meaning object_meanings[] = {
	{ EINVAL,
	  "the instance has none of this id; 'kipc ls' shows those it has"
	},
	{ EIDRM,
	  "it was removed just now"
	},
	{ ENOENT,
	  "the instance has none of this key; 'kipc ls' shows those it has"
	},
	{ EACCES,
	  "its permissions do not allow it; its owner or root can"
	},
	{ EPERM,
	  "only its owner, its creator or root can"
	},
	{ ENOTTY,
	  "the module does not serve it; run 'kipc doctor' to see what does not fit"
	},
	{ EMFILE,
	  "this process has no descriptor left; raise 'ulimit -n'"
	},
};

/* Why a call on an object with an id failed, and what to do. */
const char *object_problem(int err)
{
	return explain(object_meanings, ARRAY_SIZE(object_meanings), err);
}

static const struct kind *kind_known(const char *name, size_t len)
{
	for (size_t i = 0; i < kinds_count; i++) {
		if (strlen(kinds[i]->name) == len && !strncmp(kinds[i]->name, name, len))
			return kinds[i];
	}
	return NULL;
}

static void kind_unknown(const struct command *cmd, const char *name, int name_len)
{
	char known[64] = "";

	for (size_t i = 0; i < kinds_count; i++) {
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, " %s", kinds[i]->name);
	}
	usage(cmd, "there is no kind '%.*s' of objects with ids; there is:%s", name_len, name,
	      known);
}

/* NULL after a message */
const struct kind *kind_find(const struct command *cmd, const char *name)
{
	const struct kind *kind = kind_known(name, strlen(name));

	if (kind)
		return kind;
	if (kind_prefix(name))
		usage(cmd, "the KIND stands alone here, without ':' and an ID");
	else
		kind_unknown(cmd, name, strlen(name));
	return NULL;
}

/* The kind whose name and a colon begin @text, as in shm:42, or NULL. */
const struct kind *kind_prefix(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon ? kind_known(text, colon - text) : NULL;
}

/*
 * @text names neither an object nor a file: was it to be an object? If so that is told,
 * and true returned.
 */
bool kind_misspelt(const struct command *cmd, const char *text)
{
	size_t len = strcspn(text, ":");

	if (!text[len] && kind_known(text, len)) {
		usage(cmd, "there is no file '%s'; an object is named %s:ID", text, text);
		return true;
	}
	if (!text[len] || strspn(text, "abcdefghijklmnopqrstuvwxyz") != len)
		return false;
	kind_unknown(cmd, text, len);
	return true;
}

/* The name of @uid, or its number. From the file: getpwuid() needs shared libraries. */
const char *user_name(unsigned int uid, char *buf, size_t len)
{
	/* most are the same as the one before */
	static unsigned int known_uid;
	static char known[64];
	struct passwd *entry;
	FILE *file;

	if (!*known || known_uid != uid) {
		known_uid = uid;
		snprintf(known, sizeof(known), "%u", uid);
		file = fopen("/etc/passwd", "re");
		while (file && (entry = fgetpwent(file))) {
			if (entry->pw_uid != uid)
				continue;
			snprintf(known, sizeof(known), "%s", entry->pw_name);
			break;
		}
		if (file)
			fclose(file);
	}
	snprintf(buf, len, "%s", known);
	return buf;
}

/* 0 or a negative errno */
int object_read(int device, const struct kind *kind, int id, __u32 flags, struct object *object)
{
	object->kind = kind;
	return kind->read(device, id, flags, object);
}

/* The same of what it consists of; to be followed by object_drop_parts() if it succeeds. */
int object_read_parts(int device, struct object *object)
{
	return object->kind->read_parts ? object->kind->read_parts(device, object) : 0;
}

void object_drop_parts(struct object *object)
{
	if (object->kind->drop_parts)
		object->kind->drop_parts(object);
}

void print_time(const char *name, __u64 seconds)
{
	char text[64] = "never";
	time_t when = seconds;
	struct tm tm;

	if (seconds && localtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm);
	printf("%-22s %s\n", name, text);
}

void print_table_heading(const struct kind *kind)
{
	printf("%8s %-10s %-8s %-5s %s\n", "ID", "KEY", "OWNER", "PERMS", kind->columns);
}

void print_table_row(const struct object *object)
{
	const struct kipc_perm *perm = &object->perm;
	char owner[64];

	printf("%8d 0x%08x %-8s %03o   ", perm->id, perm->key,
	       user_name(perm->uid, owner, sizeof(owner)), perm->mode & 0777);
	object->kind->print_row(object);
	putchar('\n');
}

void print_object_details(const struct object *object)
{
	const struct kipc_perm *perm = &object->perm;
	char name[64];

	printf("%-22s %s:%d\n", "object", object->kind->name, perm->id);
	printf("%-22s 0x%08x\n", "key", perm->key);
	printf("%-22s %s (%u), group %u\n", "owner", user_name(perm->uid, name, sizeof(name)),
	       perm->uid, perm->gid);
	printf("%-22s %s (%u), group %u\n", "creator", user_name(perm->cuid, name, sizeof(name)),
	       perm->cuid, perm->cgid);
	printf("%-22s %04o\n", "permissions", perm->mode & 0777);
	object->kind->print_details(object);
}

/* @users: who holds it, NULL if that was not asked for */
void print_object_json(const struct object *object, const struct users *users)
{
	const struct kipc_perm *perm = &object->perm;

	printf("{\"kind\": \"%s\", \"id\": %d", object->kind->name, perm->id);
	print_json_number("key", (__u32)perm->key);
	print_json_number("uid", perm->uid);
	print_json_number("gid", perm->gid);
	print_json_number("cuid", perm->cuid);
	print_json_number("cgid", perm->cgid);
	printf(", \"mode\": \"%04o\"", perm->mode & 0777);
	print_json_number("seq", perm->seq);
	object->kind->print_json(object);
	if (users)
		print_users_json(users);
	putchar('}');
}
