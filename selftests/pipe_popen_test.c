// SPDX-License-Identifier: GPL-2.0
/* popen and pclose, wordexp, and what is left of them in children. */
#include "pipe_calls.h"

#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <wordexp.h>

/* What the command prints, without the newline at its end, and its status. */
static int output_of(const char *command, char *buf, size_t size)
{
	FILE *f = popen(command, "r");
	size_t n;

	if (!f)
		return -1;
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return pclose(f);
}

TEST_F(libc, popen_reads_what_a_command_writes)
{
	FILE *f = popen("echo one; echo two; exit 3", "r");
	char line[20];

	ASSERT_NE(NULL, f);
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fileno(f)));
	EXPECT_EQ(0, fcntl(fileno(f), F_GETFD));
	EXPECT_EQ('o', ungetc(getc(f), f));
	ASSERT_NE(NULL, fgets(line, sizeof(line), f));
	EXPECT_EQ(0, strcmp(line, "one\n"));
	ASSERT_NE(NULL, fgets(line, sizeof(line), f));
	EXPECT_EQ(0, strcmp(line, "two\n"));
	EXPECT_EQ(EOF, getc(f));
	EXPECT_TRUE(feof(f));
	EXPECT_EQ(3 << 8, pclose(f));
}

TEST_F(libc, popen_writes_what_a_command_reads)
{
	FILE *f = popen("read a b; [ \"$a $b\" = 'x 123' ] && ! read c", "w");

	ASSERT_NE(NULL, f);
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fileno(f)));
	EXPECT_EQ(6, fprintf(f, "x %d\n", 123));
	EXPECT_EQ(0, pclose(f));
}

TEST_F(libc, popen_tells_of_signals_and_of_no_command)
{
	char buf[20];

	EXPECT_EQ(SIGTERM, output_of("kill -TERM $$", buf, sizeof(buf)));
	EXPECT_EQ(127 << 8, output_of("/none 2>/dev/null", buf, sizeof(buf)));
	EXPECT_EQ(0, output_of("", buf, sizeof(buf)));
}

TEST_F(libc, popen_knows_its_modes)
{
	static const char * const wrong[] = { "", "e", "rw", "x", "r+", "rb" };
	static const char * const right[] = { "r", "re", "er" };
	FILE *f;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		EXPECT_EQ(NULL, popen(":", wrong[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		f = popen(":", right[i]);
		ASSERT_NE(NULL, f);
		EXPECT_EQ(i ? FD_CLOEXEC : 0, fcntl(fileno(f), F_GETFD));
		EXPECT_EQ(0, pclose(f));
	}
}

/* POSIX: "streams from previous popen() calls [...] shall be closed in the new child". */
TEST_F(libc, children_have_no_streams_of_earlier_ones)
{
	static const char list[] = "echo $(ls /proc/self/fd)";
	char without[100], with[100];
	FILE *first, *second;

	EXPECT_EQ(0, output_of(list, without, sizeof(without)));
	first = popen("cat >/dev/null", "w");
	second = popen("cat >/dev/null", "w");
	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, second);
	/* it ends as soon as we close it, as nobody else holds its other end */
	EXPECT_EQ(0, pclose(first));
	EXPECT_EQ(0, output_of(list, with, sizeof(with)));
	EXPECT_STREQ(without, with);
	EXPECT_EQ(0, pclose(second));
}

/* The stream of the parent has the number that the child's standard input is to have. */
TEST_F(libc, streams_that_are_standard_descriptors)
{
	pid_t child = child_fork();
	char word[20] = "";
	FILE *f, *g;

	if (child == 0) {
		close(0);
		f = popen("echo word", "r");
		EXPECT_NE(NULL, f);
		EXPECT_EQ(0, fileno(f));
		g = popen("read a && [ \"$a\" = inner ]", "w");
		EXPECT_NE(NULL, g);
		EXPECT_LT(0, fprintf(g, "inner\n"));
		EXPECT_EQ(0, pclose(g));
		EXPECT_EQ(1, fscanf(f, "%19s", word));
		EXPECT_EQ(0, strcmp(word, "word"));
		EXPECT_EQ(0, pclose(f));
		/* the end that the child gets has the number already */
		close(1);
		f = popen("echo word", "r");
		EXPECT_NE(NULL, f);
		EXPECT_EQ(0, fileno(f));
		EXPECT_EQ(1, fscanf(f, "%19s", word));
		EXPECT_EQ(0, pclose(f));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
}

/* The next pipe gets the numbers of streams that were closed behind them, as daemons do it. */
TEST_F(libc, streams_that_others_have_closed)
{
	FILE *written = popen("cat >/dev/null", "w"), *read;
	char word[20] = "";
	pid_t child;

	ASSERT_NE(NULL, written);
	child = child_fork();
	if (child == 0) {
		closefrom(3);
		EXPECT_EQ(0, output_of("echo works", word, sizeof(word)));
		EXPECT_STREQ("works", word);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
	EXPECT_EQ(0, close(fileno(written)));
	EXPECT_EQ(0, output_of("echo works", word, sizeof(word)));
	EXPECT_STREQ("works", word);
	/* what that says is another matter */
	pclose(written);

	read = popen(":", "r");
	ASSERT_NE(NULL, read);
	EXPECT_EQ(0, close(fileno(read)));
	written = popen("read a && [ \"$a\" = works ]", "w");
	ASSERT_NE(NULL, written);
	EXPECT_LT(0, fprintf(written, "works\n"));
	EXPECT_EQ(0, pclose(written));
	pclose(read);
	while (wait(NULL) > 0)
		;
}

TEST_F(libc, fclose_ends_a_stream_of_popen_too)
{
	FILE *f = popen("cat >/dev/null; exit 5", "w");
	int (*end)(FILE *stream) = fclose;

	ASSERT_NE(NULL, f);
	/* the compiler would say that this must not be */
	__asm__("" : "+r" (end));
	EXPECT_EQ(5 << 8, end(f));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	EXPECT_EQ(ECHILD, errno);
}

TEST_F(libc, pclose_without_its_child_is_echild)
{
	FILE *f = popen("exit 5", "r");

	ASSERT_NE(NULL, f);
	ASSERT_LT(0, wait(NULL));
	errno = 0;
	EXPECT_EQ(-1, pclose(f));
	EXPECT_EQ(ECHILD, errno);
}

TEST_F(libc, pclose_goes_on_after_a_signal)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { };
	FILE *f = popen("sleep 0.2; exit 5", "r");

	ASSERT_NE(NULL, f);
	handle_signal(SIGALRM, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	EXPECT_EQ(5 << 8, pclose(f));
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_LT(0, signals_seen);
}

TEST_F(libc, other_streams_are_closed_as_before)
{
	FILE *p = popen(":", "r"), *f = tmpfile();

	ASSERT_NE(NULL, p);
	ASSERT_NE(NULL, f);
	EXPECT_EQ(0, fclose(f));
	EXPECT_EQ(0, pclose(p));
	f = fopen("/dev/full", "w");
	ASSERT_NE(NULL, f);
	putc('x', f);
	EXPECT_EQ(EOF, fclose(f));
	EXPECT_EQ(ENOSPC, errno);
}

#define THREADS 4
#define ROUNDS 20

static void *popening(void *arg)
{
	char command[30], buf[30];
	long i, wrong = 0;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(command, sizeof(command), "echo %ld; exit %ld", (long)arg, i);
		wrong += output_of(command, buf, sizeof(buf)) != i << 8;
		wrong += atol(buf) != (long)arg;
	}
	return (void *)wrong;
}

TEST_F_TIMEOUT(libc, threads_have_streams_of_their_own, 120)
{
	pthread_t threads[THREADS];
	void *wrong;
	long i;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, popening, (void *)(i + 1)));
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &wrong));
		EXPECT_EQ(NULL, wrong);
	}
}

/* The pipe of a command substitution is made inside the library, and is the kernel's. */
TEST_F(libc, wordexp_runs_commands)
{
	wordexp_t words;

	ASSERT_EQ(0, wordexp("a $(echo b c) d", &words, 0));
	ASSERT_EQ(4, words.we_wordc);
	EXPECT_EQ(0, strcmp(words.we_wordv[2], "c"));
	wordfree(&words);
}

TEST_HARNESS_MAIN
