// SPDX-License-Identifier: GPL-2.0
/*
 * Where libkipc-preload.so is, and which programs do not load it: what is linked
 * statically has no loader, and the loader of a setuid program does not look.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "exec.h"

#define SHIM_NAME	"libkipc-preload.so"
#define OWN_BITS	((int)sizeof(void *) * 8)

/* --- the program */

/* In PATH as execvp(3) looks for it; what is there need not be executable by us. */
static int program_search(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
	size_t len;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return 0;
	}
	for (;; dirs += len + 1) {
		len = strcspn(dirs, ":");
		snprintf(path, PATH_MAX, "%.*s%s%s", (int)len, dirs, len ? "/" : "", name);
		if (!access(path, X_OK))
			return 0;
		if (!dirs[len])
			return -1;
	}
}

/* Does an ELF file, of which @head is the beginning, ask for a loader? */
static bool wants_loader(int fd, const Elf64_Ehdr *head)
{
	const Elf32_Ehdr *head32 = (const Elf32_Ehdr *)head;
	bool wide = head->e_ident[EI_CLASS] == ELFCLASS64;
	unsigned int n = wide ? head->e_phnum : head32->e_phnum;
	unsigned int size = wide ? head->e_phentsize : head32->e_phentsize;
	off_t at = wide ? (off_t)head->e_phoff : (off_t)head32->e_phoff;
	Elf64_Word type;

	/* the type is the first member in both classes */
	for (; n; n--, at += size) {
		if (pread(fd, &type, sizeof(type), at) == sizeof(type) && type == PT_INTERP)
			return true;
	}
	return false;
}

/* A script says on its first line who is to be run with it. */
static bool read_interpreter(const char *head, char path[PATH_MAX])
{
	size_t start, len;

	if (strncmp(head, "#!", 2))
		return false;
	start = 2 + strspn(head + 2, " \t");
	len = strcspn(head + start, " \t\n");
	snprintf(path, PATH_MAX, "%.*s", (int)len, head + start);
	return len;
}

static bool is_privileged(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	if (geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return true;
	return ((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
	       ((st.st_mode & 02010) == 02010 && st.st_gid != getegid());
}

/* Look into the file @path; fills @next with who is run with it if it is a script. */
static void program_look(struct program *program, const char *path, char next[PATH_MAX])
{
	union {
		Elf64_Ehdr elf;
		char text[256];
	} head = { };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*next = '\0';
	if (fd < 0)
		return;
	if (read(fd, &head, sizeof(head) - 1) > (ssize_t)sizeof(Elf32_Ehdr) &&
	    !memcmp(head.elf.e_ident, ELFMAG, SELFMAG)) {
		program->bits = head.elf.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
		if (!wants_loader(fd, &head.elf))
			program->deaf = "it is linked statically";
		else if (is_privileged(fd))
			program->deaf = "it runs with another user's privileges";
	} else {
		read_interpreter(head.text, next);
	}
	close(fd);
}

/* What cannot be found or read is left to who runs it. */
int program_find(const char *name, struct program *program)
{
	char path[PATH_MAX], next[PATH_MAX];

	*program = (struct program){ .bits = OWN_BITS };
	if (program_search(name, program->path))
		return -1;
	snprintf(path, sizeof(path), "%s", program->path);
	/* the kernel follows no more of them */
	for (int i = 0; i < 5; i++) {
		program_look(program, path, next);
		if (!*next)
			break;
		snprintf(path, sizeof(path), "%s", next);
	}
	return 0;
}

/* --- the library */

/*
 * Places below the directory above the one that this program is in. The loader replaces
 * $LIB by what it calls its own directory, so that the first are good for programs of both
 * sizes, which may run each other.
 */
static const struct {
	int bits;		/* 0 for any */
	const char *look;
	const char *give;	/* NULL: the same */
} places[] = {
	{ 0, "lib/x86_64-linux-gnu/" SHIM_NAME, "$LIB/" SHIM_NAME },
	{ 0, "lib/x86_64-linux-gnu/kipc/" SHIM_NAME, "$LIB/kipc/" SHIM_NAME },
	{ OWN_BITS, "lib64/kipc/" SHIM_NAME, NULL },
	{ OWN_BITS, "lib/kipc/" SHIM_NAME, NULL },
	{ OWN_BITS, "lib/" SHIM_NAME, NULL },
	{ 32, "lib32/kipc/" SHIM_NAME, NULL },
	{ 32, "lib32/" SHIM_NAME, NULL },
};

static const char *shim_from_environment(const char *given, char path[PATH_MAX])
{
	static char problem[PATH_MAX + 128];

	if (*given == '/' || !realpath(given, path))
		snprintf(path, PATH_MAX, "%s", given);
	/* what has $LIB in it is for the loader to find */
	if (strchr(path, '$') || !access(path, R_OK))
		return NULL;
	snprintf(problem, sizeof(problem), "%s cannot be used: %s; it is named by KIPC_PRELOAD",
		 path, strerror(errno));
	return problem;
}

/* The library for programs of so many bits: NULL, or why there is none */
const char *shim_locate(int bits, char path[PATH_MAX])
{
	static char problem[PATH_MAX + 256];
	const char *given = getenv("KIPC_PRELOAD"), *above;
	char self[PATH_MAX], look[PATH_MAX + 64];
	ssize_t n;

	if (given && *given)
		return shim_from_environment(given, path);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return "nobody knows where this program is; mount /proc";
	self[n] = '\0';
	above = dirname(dirname(self));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i].bits && places[i].bits != bits)
			continue;
		snprintf(look, sizeof(look), "%s/%s", above, places[i].look);
		if (access(look, R_OK))
			continue;
		n = snprintf(path, PATH_MAX, "%s/%s", above, places[i].give ?: places[i].look);
		if (n < PATH_MAX)
			return NULL;
	}
	snprintf(problem, sizeof(problem),
		 "there is no %s for %d-bit programs in %s/lib%s or its directory kipc; %s",
		 SHIM_NAME, bits, above, bits == OWN_BITS ? "" : "32",
		 "install it, or name it with KIPC_PRELOAD");
	return problem;
}

/* Is @path one of the names in @list, between which there are colons and blanks? */
static bool is_listed(const char *list, const char *path)
{
	size_t len;

	for (; list; list = list[len] ? list + len + 1 : NULL) {
		len = strcspn(list, ": ");
		if (len == strlen(path) && !strncmp(list, path, len))
			return true;
	}
	return false;
}

/* Behind what is preloaded already: fakeroot(1), say, wants to be the first. */
int shim_preload(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *both;
	int n;

	/* the loader takes both for the end of a name */
	if (strpbrk(path, ": ")) {
		fail("the loader takes no path with a blank or colon in it: '%s'; %s", path,
		     "name another place with KIPC_PRELOAD");
		return -1;
	}
	if (is_listed(others, path))
		return 0;
	if (others && *others)
		n = asprintf(&both, "%s:%s", others, path);
	else
		n = asprintf(&both, "%s", path);
	if (n < 0 || setenv("LD_PRELOAD", both, 1)) {
		fail("no memory for LD_PRELOAD");
		return -1;
	}
	free(both);
	return 0;
}
