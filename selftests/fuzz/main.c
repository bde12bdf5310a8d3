// SPDX-License-Identifier: GPL-2.0
/*
 * kipc_fuzz: starts the workers, kills them now and then, looks whether one hangs and what the
 * kernel says, and judges in the end. See fuzz.h.
 *
 *   -t SECONDS    how long (default: 60); on a slow machine longer, as enough() says
 *   -s SEED       where the random numbers begin (default: printed)
 *   -w WORKERS    how many processes (default: 4)
 *   -c FILE       programs of an earlier run to begin with
 *   -o FILE       where to leave those that were worth keeping, and those there was no time for
 *   -m FILE       where to leave which code was run
 *   -b BLOCKS     so many pieces of code must have been run
 *   -k REGEX      what the kernel must not say
 *   -l FILE       where it says it, line by line (default: /dev/kmsg)
 *   -n            no allocation is made to fail
 *   -p PROGRAM    run this one again and again; may be repeated, for one worker each
 *   -r FILE       a place in memory where each program is written before it is run, for whoever
 *                 looks there when this machine has died
 *   -v            say what each call came to
 *
 * Environment: FUZZ_FAULTY, FUZZ_MISTAKE: one more call writes the latter to the former, upon
 * which the kernel does something wrong. The run has to notice.
 */
#include "fuzz.h"

#include <regex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Longer than anything takes that does not hang, also under emulation. */
#define PROGRAM_MS	8000
#define DEATH_MS	90000
#define MORE_MS		300000

/* The control group of the workers, which the guest makes. */
#define GROUP		"/sys/fs/cgroup/kipc-fuzz"

struct shared *sh;
struct options options;
struct call calls[CALLS_MAX];
unsigned int calls_n;

static regex_t trouble;
static bool have_trouble;
static int kernel_log = -1;
static const char *log_in = "/dev/kmsg", *corpus_in, *corpus_out, *blocks_out, *record_out;
static unsigned int blocks_wanted;
static unsigned long long lives, killed, died, died_by[65];
static struct draw chance;

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void calls_add(const char *name, long (*run)(struct context *c, const struct call *call),
	       unsigned int weight, const struct ioctl_row *row)
{
	if (calls_n == CALLS_MAX)
		abort();
	calls[calls_n++] = (struct call) {
		.name = name, .run = run, .weight = weight, .row = row,
	};
}

/* --- the planted fault */

static long run_faulty(struct context *c, const struct call *call)
{
	int fd = open(options.faulty, O_WRONLY | O_CLOEXEC);
	long ret;

	(void)c;
	(void)call;
	if (fd < 0)
		return -1;
	ret = write(fd, options.mistake, strlen(options.mistake));
	close(fd);
	return ret;
}

static void calls_make(void)
{
	calls_add_ioctl();
	calls_add_file();
	calls_add_memory();
	calls_add_fs();
	calls_add_task();
	options.faulty = getenv("FUZZ_FAULTY");
	options.mistake = getenv("FUZZ_MISTAKE");
	if (options.faulty && options.mistake)
		calls_add("faulty", run_faulty, 40, NULL);
}

/* --- the workers */

static void worker_start(int number)
{
	pid_t pid = fork();

	if (!pid) {
		/* what it needs of its parent is below FD_FIRST and stays */
		close(kernel_log);
		worker_run(number, lives);
	}
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	lives++;
	sh->workers[number].since = 0;
	STORE(&sh->workers[number].pid, pid);
}

static void stacks_print(pid_t pid)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "for t in /proc/%d/task/*; do echo \"# $t\"; cat $t/wchan $t/stack; done 2>&1",
		 pid);
	fflush(stdout);
	if (system(command))
		printf("# process %d has no stacks to show\n", pid);
}

/* Wait for a process that was killed; one that does not go is a hang. */
static bool worker_reap(int number)
{
	long long until = now_ms() + DEATH_MS;
	pid_t pid = sh->workers[number].pid;

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (now_ms() > until) {
			complain("worker %d was killed and does not end", number);
			stacks_print(pid);
			return false;
		}
		usleep(2000);
	}
	return true;
}

/* Those that have died of themselves, and the children of workers that were killed. */
static void dead_reap(void)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < options.workers; i++) {
			if (sh->workers[i].pid != pid)
				continue;
			died++;
			died_by[WIFSIGNALED(status) ? WTERMSIG(status) : 0]++;
			if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
				complain("worker %d could not be set up", i);
			worker_start(i);
		}
	}
}

static void workers_watch(void)
{
	int i = below(&chance, options.workers);
	long long since;

	dead_reap();
	/* at any moment, in whatever call */
	if (!options.given_n && once_in(&chance, 20)) {
		killed++;
		kill(sh->workers[i].pid, SIGKILL);
		if (worker_reap(i))
			worker_start(i);
	}
	for (i = 0; i < options.workers; i++) {
		since = LOAD(&sh->workers[i].since);
		if (!since || now_ms() - since < PROGRAM_MS)
			continue;
		/* stopped by a signal, or calls that are begun again for ever */
		killed++;
		kill(sh->workers[i].pid, SIGKILL);
		if (worker_reap(i))
			worker_start(i);
	}
}

static bool group_is_empty(void)
{
	char text[200] = "";
	int fd = open(GROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, "populated 0");
}

/* All workers, their children and what these have left in the default instance. */
static void workers_end(void)
{
	long long until = now_ms() + DEATH_MS;
	int fd, i;

	STORE(&sh->stop, 1);
	for (i = 0; i < options.workers; i++) {
		kill(sh->workers[i].pid, SIGKILL);
		worker_reap(i);
	}
	fd = open(GROUP "/cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) != 1)
		complain("the children of workers cannot be killed");
	close(fd);
	while (!group_is_empty() && now_ms() < until)
		usleep(10000);
	if (!group_is_empty())
		complain("children of workers were killed and do not end");
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	close(options.post[0]);
	close(options.post[1]);
	fd = open("/dev/" KIPC_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	ids_sweep(fd);
	close(fd);
}

/* --- the kernel's log */

static void line_judge(const char *line)
{
	if (!regexec(&trouble, line, 0, NULL, 0))
		complain("the kernel said: %.200s", line);
}

/* Judge the lines that have come; the last one may still be incomplete. */
static void log_read(void)
{
	static char text[8192];
	static size_t len;
	char *line, *end;
	ssize_t n;

	while (have_trouble) {
		n = read(kernel_log, text + len, sizeof(text) - 1 - len);
		/* some of it came and was overwritten before it was read */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n < 0)
			return;
		if (!n) {
			complain("nobody tells any more what the kernel says");
			return;
		}
		len += n;
		text[len] = 0;
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			line_judge(line);
		}
		len -= line - text;
		memmove(text, line, len + 1);
		/* no line is that long */
		if (len == sizeof(text) - 1)
			len = 0;
	}
}

/* What was running, newest first: the cause is among it, or it takes all that ran at once. */
static void history_print(void)
{
	char text[PROGRAM_TEXT];
	unsigned int age;
	int i;

	printf("# at the same time: PROGRAM=\"");
	for (i = 0; i < options.workers; i++) {
		const struct worker *w = &sh->workers[i];

		program_print(&w->history[w->newest % HISTORY], text, sizeof(text));
		printf("%s%s", i && text[0] ? "; " : "", text);
	}
	printf("\"\n");

	for (i = 0; i < options.workers; i++) {
		const struct worker *w = &sh->workers[i];

		for (age = 0; age < HISTORY && age < w->newest; age++) {
			program_print(&w->history[(w->newest - age) % HISTORY], text, sizeof(text));
			printf("# worker %d, %u before its last: PROGRAM=\"%s\"\n", i, age, text);
		}
	}
}

/* --- programs that are kept */

static void corpus_load(void)
{
	char line[PROGRAM_TEXT];
	FILE *f = corpus_in ? fopen(corpus_in, "r") : NULL;

	if (!f)
		return;
	while (sh->loaded_n < CORPUS_MAX && fgets(line, sizeof(line), f))
		if (program_parse(&sh->loaded[sh->loaded_n], line))
			sh->loaded_n++;
	fclose(f);
}

static void program_save(FILE *f, const struct program *p)
{
	char text[PROGRAM_TEXT];

	program_print(p, text, sizeof(text));
	if (p->n)
		fprintf(f, "%s\n", text);
}

/*
 * Those of the run before that this one had no time for are kept too: of the others it has kept
 * what still reaches something new. A run of given programs, or of a mistake, says nothing about
 * either.
 */
static void corpus_save(void)
{
	FILE *f = NULL;
	unsigned int i;

	if (corpus_out && !options.given_n && !options.faulty)
		f = fopen(corpus_out, "w");
	if (!f)
		return;
	for (i = 0; i < sh->corpus_n && i < CORPUS_MAX; i++)
		program_save(f, &sh->corpus[i]);
	/* what the workers were at in the end is not yet known to be of no use */
	i = sh->loaded_next > WORKERS_MAX ? sh->loaded_next - WORKERS_MAX : 0;
	for (; i < sh->loaded_n; i++)
		program_save(f, &sh->loaded[i]);
	fclose(f);
}

/* The addresses that were seen, without their last two bits and those above 2 MiB. */
static void blocks_save(void)
{
	FILE *f = blocks_out ? fopen(blocks_out, "w") : NULL;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < EDGE_BITS; i++)
		if (sh->block_seen[i / 64] >> i % 64 & 1)
			fprintf(f, "%x\n", i << 2);
	fclose(f);
}

/* --- the judgement */

static void table_print(void)
{
	unsigned int i;
	int error;

	printf("# %-16s %10s %10s  errors seen\n", "call", "tried", "succeeded");
	for (i = 0; i < calls_n; i++) {
		const struct counts *counts = &sh->counts[i];

		printf("# %-16s %10llu %10llu ", calls[i].name, counts->tried, counts->succeeded);
		for (error = 1; error <= ERRNO_MAX; error++)
			if (counts->errnos[error / 64] >> error % 64 & 1)
				printf(" %s", strerrorname_np(error) ?: "?");
		printf("\n");
	}
}

static bool verdict(bool good, const char *what)
{
	printf("%s %s\n", good ? "true" : "false", what);
	return good;
}

static bool every_call_succeeded(void)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < calls_n; i++) {
		if (sh->counts[i].succeeded)
			continue;
		printf("# %s never succeeded\n", calls[i].name);
		all = false;
	}
	return all;
}

static bool enough_is_run(void)
{
	return sh->blocks >= blocks_wanted;
}

/*
 * Whether the run may end: on a busy machine few calls are made in a given time, and what is
 * expected of a run is to say something about the module, not about the machine.
 */
static bool enough(long long until)
{
	long long now = now_ms();
	unsigned int i;

	if (now < until)
		return false;
	if (options.given_n || options.faulty || now > until + MORE_MS)
		return true;
	for (i = 0; i < calls_n; i++)
		if (!LOAD(&sh->counts[i].succeeded))
			return false;
	return enough_is_run();
}

static int judge(void)
{
	bool good = true;
	int sig;

	if (sh->bad) {
		printf("# %s\n", sh->what);
		history_print();
	}
	table_print();
	printf("# seed %llu: %llu programs of %llu calls, %u of them with a failure asked for\n",
	       (unsigned long long)options.seed, sh->programs, sh->steps, sh->faults);
	printf("# %u edges and %u blocks of code, %u programs kept\n", sh->edges, sh->blocks,
	       sh->corpus_n);
	printf("# %llu workers, %llu killed, %llu died by what they did", lives, killed, died);
	for (sig = 0; sig <= 64; sig++)
		if (died_by[sig])
			printf(", %llu of signal %d", died_by[sig], sig);
	printf("\n");
	good &= verdict(!sh->bad, "nothing wrong is seen");
	if (!options.given_n) {
		good &= verdict(calls_are_complete(), "all calls of the module are known here");
		good &= verdict(every_call_succeeded(), "every call succeeds at least once");
		/* those that no kill asked for are of signals that were sent */
		good &= verdict(died * 20 < sh->programs, "workers rarely die by what they do");
	}
	if (blocks_wanted)
		good &= verdict(enough_is_run(),
				"as much of the module's code is run as is expected");
	return good ? 0 : 1;
}

/* --- the run */

static void trouble_set(const char *regex)
{
	have_trouble = !regcomp(&trouble, regex, REG_EXTENDED | REG_NOSUB);
	if (!have_trouble) {
		fprintf(stderr, "kipc_fuzz: -k: this is no regular expression: %s\n", regex);
		exit(2);
	}
}

static void given_add(const char *text)
{
	if (options.given_n < WORKERS_MAX &&
	    program_parse(&options.given[options.given_n++], text))
		return;
	fprintf(stderr, "kipc_fuzz: -p: this is no program, or one too many: %s\n", text);
	exit(2);
}

static void options_read(int argc, char **argv)
{
	int opt;

	options.seconds = 60;
	options.workers = 4;
	options.faults = true;
	options.seed = time(NULL);
	while ((opt = getopt(argc, argv, "t:s:w:c:o:m:b:k:l:np:r:vx")) != -1) {
		switch (opt) {
		case 't':
			options.seconds = atoi(optarg);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'w':
			options.workers = atoi(optarg);
			break;
		case 'c':
			corpus_in = optarg;
			break;
		case 'o':
			corpus_out = optarg;
			break;
		case 'm':
			blocks_out = optarg;
			break;
		case 'b':
			blocks_wanted = atoi(optarg);
			break;
		case 'k':
			trouble_set(optarg);
			break;
		case 'l':
			log_in = optarg;
			break;
		case 'n':
			options.faults = false;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'p':
			given_add(optarg);
			break;
		case 'r':
			record_out = optarg;
			break;
		case 'x':
			/* of a child of a worker that executes a program */
			exit(0);
		default:
			fprintf(stderr, "kipc_fuzz: the head of main.c has the options\n");
			exit(2);
		}
	}
	if (options.workers < 1 || options.workers > WORKERS_MAX)
		options.workers = WORKERS_MAX;
	if (options.workers < options.given_n)
		options.workers = options.given_n;
}

static void record_open(void)
{
	int fd = record_out ? open(record_out, O_RDWR | O_CLOEXEC) : -1;

	if (!record_out)
		return;
	options.record = mmap(NULL, sizeof(struct record), PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);
	if (options.record == MAP_FAILED) {
		fprintf(stderr, "kipc_fuzz: -r: %s: %m\n", record_out);
		exit(2);
	}
	close(fd);
	memset(options.record, 0, sizeof(struct record));
}

/* All numbers below FD_FIRST are taken, so that programs have only those above. */
static void descriptors_prepare(void)
{
	int fd;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, options.post)) {
		perror("kipc_fuzz: socketpair");
		exit(2);
	}
	kernel_log = open(log_in, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kernel_log < 0) {
		fprintf(stderr, "kipc_fuzz: %s: %m\n", log_in);
		exit(2);
	}
	/* what a pipe has is new */
	lseek(kernel_log, 0, SEEK_END);
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < FD_FIRST);
	close(fd);
}

int main(int argc, char **argv)
{
	long long until;
	int i;

	calls_make();
	options_read(argc, argv);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED) {
		perror("kipc_fuzz: mmap");
		return 2;
	}
	chance.seed = ~options.seed;
	record_open();
	corpus_load();
	descriptors_prepare();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("# seed %llu, %d workers, %d s, %u programs of another run\n",
	       (unsigned long long)options.seed, options.workers, options.seconds, sh->loaded_n);
	fflush(stdout);
	until = now_ms() + options.seconds * 1000LL;
	for (i = 0; i < options.workers; i++)
		worker_start(i);
	while (!enough(until) && !LOAD(&sh->bad)) {
		usleep(50000);
		workers_watch();
		log_read();
	}
	workers_end();
	log_read();
	corpus_save();
	blocks_save();
	i = judge();
	fflush(stdout);
	return i;
}
