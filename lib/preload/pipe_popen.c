// SPDX-License-Identifier: GPL-2.0
/*
 * popen and pclose. The C library's popen makes its pipe inside the library, where nothing can
 * be put before it, so this is another one: an ordinary stream on one end of a pipe, and a list
 * that tells which process has the other.
 *
 * The C library lets fclose end such a stream as pclose does. So must this: the list would keep
 * a descriptor that is somebody else's by then.
 */
#include "pipe.h"

#include <fcntl.h>
#include <paths.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stream of popen, which is in the list from popen to pclose. */
struct popened {
	struct popened *next;
	FILE *stream;
	int fd;
	pid_t pid;
};

/* What popen's second argument says. */
struct modes {
	bool is_read;
	bool cloexec;
};

/* Changed under the lock, by one store each, so that it is whole in the child of a fork, too. */
static struct popened *popened_list;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static void renew_lock(void)
{
	pthread_mutex_init(&list_lock, NULL);
}

/*
 * Looked for before anybody forks: a child of a process that has threads may not, as one of
 * them may have held the linker's lock. And every program closes streams.
 */
static void *fclose_found;

static int next_fclose(FILE *stream)
{
	__typeof__(fclose) *function = shim_next(&fclose_found, "fclose");

	return function(stream);
}

static __attribute__((constructor)) void survive_fork(void)
{
	shim_next(&fclose_found, "fclose");
	pthread_atfork(NULL, NULL, renew_lock);
}

/* "r" or "w", and "e" before or after it, for close-on-exec. */
static bool parse_modes(const char *text, struct modes *modes)
{
	bool is_write = false;

	*modes = (struct modes) { };
	for (; *text; text++) {
		switch (*text) {
		case 'r':
			modes->is_read = true;
			break;
		case 'w':
			is_write = true;
			break;
		case 'e':
			modes->cloexec = true;
			break;
		default:
			return false;
		}
	}
	return modes->is_read != is_write;
}

/*
 * What the child does before it becomes the shell: it has @end in place of its standard input or
 * output, which takes close-on-exec from it, and no stream of an earlier popen. In this order, as
 * the list may have numbers that the program has closed behind it, so that one of them is now @end.
 */
static int prepare_child(posix_spawn_file_actions_t *actions, int end, int standard)
{
	int error = posix_spawn_file_actions_adddup2(actions, end, standard);
	const struct popened *p;

	for (p = popened_list; p && !error; p = p->next) {
		/* that number has been replaced, and what it meant is gone with that */
		if (p->fd != standard)
			error = posix_spawn_file_actions_addclose(actions, p->fd);
	}
	return error;
}

static int spawn_shell(const char *command, int end, int standard, pid_t *pid)
{
	char *argv[5] = { (char *)"sh", (char *)"-c", (char *)"--", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = prepare_child(&actions, end, standard) ?:
		posix_spawn(pid, _PATH_BSHELL, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Run the command on the pipe @fds, of which the child's end is closed here in any case. */
static int start(struct popened *new, const char *command, const struct modes *modes, int fds[2])
{
	int end = fds[modes->is_read ? 1 : 0], error;

	pthread_mutex_lock(&list_lock);
	error = spawn_shell(command, end, modes->is_read ? STDOUT_FILENO : STDIN_FILENO, &new->pid);
	if (!error) {
		new->next = popened_list;
		__atomic_store_n(&popened_list, new, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&list_lock);
	/* no point where the thread could be cancelled: the command runs */
	SHIM_RAW(SYS_close, end);
	if (!error && !modes->cloexec)
		SHIM_RAW(SYS_fcntl, new->fd, F_SETFD, 0);
	return error;
}

static FILE *do_popen(const char *command, const struct modes *modes)
{
	struct popened *new = malloc(sizeof(*new));
	int fds[2], error;

	if (!new)
		return NULL;
	/* close-on-exec, so that no other thread's child gets the child's end */
	if (pipe2(fds, O_CLOEXEC))
		goto out_free;
	new->fd = fds[modes->is_read ? 0 : 1];
	new->stream = fdopen(new->fd, modes->is_read ? "r" : "w");
	if (!new->stream) {
		error = errno;
		close(fds[0]);
		close(fds[1]);
		errno = error;
		goto out_free;
	}
	error = start(new, command, modes, fds);
	if (!error)
		return new->stream;
	next_fclose(new->stream);
	errno = error;
out_free:
	free(new);
	return NULL;
}

FILE *popen(const char *command, const char *type)
{
	struct modes modes;
	FILE *stream;

	switch (shim_world(SHIM_PIPE)) {
	case SHIM_NATIVE:
		return SHIM_NEXT(popen)(command, type);
	case SHIM_REFUSED:
		shim_refuse();
		return NULL;
	case SHIM_KIPC:
		break;
	}
	if (!parse_modes(type, &modes)) {
		errno = EINVAL;
		return NULL;
	}
	stream = do_popen(command, &modes);
	shim_trace(stream ? fileno(stream) : -1, "(\"%.200s\", \"%.8s\")", command, type);
	return stream;
}

/* --- the end of a stream */

static struct popened *take(const FILE *stream)
{
	struct popened **p, *found;

	if (!__atomic_load_n(&popened_list, __ATOMIC_ACQUIRE))
		return NULL;
	pthread_mutex_lock(&list_lock);
	for (p = &popened_list; *p && (*p)->stream != stream; p = &(*p)->next)
		;
	found = *p;
	if (found)
		__atomic_store_n(p, found->next, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&list_lock);
	return found;
}

/* The command's status; EOF if it cannot be had, or if what was written could not be. */
static int end_popened(struct popened *p)
{
	int closed, status, type;
	pid_t pid;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &type);
	closed = next_fclose(p->stream);
	do {
		pid = waitpid(p->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	pthread_setcancelstate(type, NULL);
	free(p);
	if (pid < 0)
		return -1;
	return status ?: closed;
}

int pclose(FILE *stream)
{
	struct popened *p = take(stream);
	int ret;

	if (!p)
		return SHIM_NEXT(pclose)(stream);
	ret = end_popened(p);
	shim_trace(ret, "(%p)", (void *)stream);
	return ret;
}

int fclose(FILE *stream)
{
	struct popened *p = take(stream);

	return p ? end_popened(p) : next_fclose(stream);
}
