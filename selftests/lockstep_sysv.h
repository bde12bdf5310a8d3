/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of System V IPC for lockstep.h: the kernel's own in an IPC namespace that is
 * empty at first, kipc's on a mount of its own.
 */
#ifndef KIPC_LOCKSTEP_SYSV_H
#define KIPC_LOCKSTEP_SYSV_H

#include "lockstep.h"
#include "msg_ops.h"
#include "sem_ops.h"
#include "shm_ops.h"

enum { SHM, SEM, MSG };

enum {
	SHM_GET = STEPS_COMMON, SHM_AT, SHM_DT, SHM_CTL, SHM_TOUCH,
	MEM_UNMAP, MEM_REMAP, MEM_PROTECT,
	SEM_GET, SEM_OPS, SEM_CTL,
	MSG_GET, MSG_SEND, MSG_RECEIVE, MSG_CTL,
	STEPS,
};

static const char *const step_names[STEPS + 1] = {
	"look", "fork", "exec", "exit", "become",
	"shmget", "shmat", "shmdt", "shmctl", "touch",
	"munmap", "mremap", "mprotect",
	"semget", "semop", "semctl",
	"msgget", "msgsnd", "msgrcv", "msgctl", NULL,
};

/* Segments are attached here, where nothing else is. */
#define PLACES		6
#define PLACE(n)	(0x100000000000UL + (n) * 0x1000000UL)

/* What is larger is not sent; what is received may be. */
#define TEXT_MAX	9000
#define VALUES_MAX	40
#define OPS_MAX		6

struct limit {
	const char *name, *value;
};

/* Of the seed, for both sides. */
static struct limit limits_now[12];
/* Where the kernel gave a place to what was to be attached anywhere. */
static char *places[PLACES];

static int side_prepare(int which)
{
	const char *dir = which == NATIVE ? "/proc/sys/kernel" : SHM_MOUNT "/limits";
	const struct limit *limit;
	char path[128];
	int dev;

	if (which == NATIVE && unshare(CLONE_NEWIPC))
		return -1;
	if (which == KIPC) {
		dev = shm_instance();
		if (dup2(dev, FD_DEV) < 0)
			return -1;
		close(dev);
	}
	for (limit = limits_now; limit->name; limit++) {
		snprintf(path, sizeof(path), "%s/%s", dir, limit->name);
		if (file_write(path, limit->value))
			return -1;
	}
	return 0;
}

static void actor_prepare(void)
{
	shm = common->which == NATIVE ? &shm_native : &shm_kipc;
	sem = common->which == NATIVE ? &sem_native : &sem_kipc;
	msg = common->which == NATIVE ? &msg_native : &msg_kipc;
	shm_dev = FD_DEV;
	sem_dev = FD_DEV;
	msg_dev = FD_DEV;
}

static bool may_sleep_in(int which, long nr)
{
	if (which == KIPC)
		return nr == SYS_ioctl;
	return nr == SYS_semop || nr == SYS_semtimedop || nr == SYS_msgsnd || nr == SYS_msgrcv;
}

/* --- what the calls say, without what is different by nature */

static inline void say_perm(struct answer *answer, const struct ipc_perm *perm)
{
	say(answer, "key %x user %u:%u creator %u:%u mode %o", perm->__key, perm->uid,
	    perm->gid, perm->cuid, perm->cgid, perm->mode);
}

static inline void say_shm(struct answer *answer, const struct shmid_ds *ds)
{
	say_perm(answer, &ds->shm_perm);
	say(answer, " size %zu nattch %lu cpid %d lpid %d at %ld dt %ld ct %ld\n", ds->shm_segsz,
	    (long)ds->shm_nattch, birth_of(ds->shm_cpid), birth_of(ds->shm_lpid),
	    step_of(ds->shm_atime), step_of(ds->shm_dtime), step_of(ds->shm_ctime));
}

static inline long otime_of(int slot, time_t t)
{
	return slot >= 0 && common->otime_unknown[slot] ? -1 : step_of(t);
}

static inline void say_sem(struct answer *answer, int slot, const struct semid_ds *ds)
{
	say_perm(answer, &ds->sem_perm);
	say(answer, " nsems %lu ot %ld ct %ld\n", (long)ds->sem_nsems,
	    otime_of(slot, ds->sem_otime), step_of(ds->sem_ctime));
}

static inline void say_msg(struct answer *answer, const struct msqid_ds *ds)
{
	say_perm(answer, &ds->msg_perm);
	say(answer, " bytes %lu messages %lu room %lu lspid %d lrpid %d st %ld rt %ld ct %ld\n",
	    (long)ds->msg_cbytes, (long)ds->msg_qnum, (long)ds->msg_qbytes,
	    birth_of(ds->msg_lspid), birth_of(ds->msg_lrpid), step_of(ds->msg_stime),
	    step_of(ds->msg_rtime), step_of(ds->msg_ctime));
}

static inline unsigned int hash_of(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	unsigned int hash = 2166136261U;

	while (len--)
		hash = (hash ^ *p++) * 16777619U;
	return hash;
}

/* The highest index in use, as far as it is known here. */
static inline int highest_index(int kind, int bits)
{
	int i, index, highest = 0;

	for (i = 0; i < common->nids[kind]; i++) {
		index = common->ids[kind][i] & ((1 << bits) - 1);
		if (!common->gone[kind][i] && index > highest)
			highest = index;
	}
	return highest;
}

/* An index differs on both sides; each must be that of the highest object there. */
static inline void say_highest(struct answer *answer, int kind, int bits)
{
	if (answer->ret < 0)
		return;
	say(answer, "index %s\n", answer->ret == highest_index(kind, bits) ? "right" : "wrong");
	answer->ret = 0;
}

/* Commands that take an index return an id. */
static inline int say_found(struct answer *answer, int kind)
{
	int slot = slot_of(kind, answer->ret);

	say(answer, "slot %d\n", slot);
	answer->ret = 0;
	return slot;
}

static inline int index_of(int kind, long slot, int bits)
{
	return slot < 0 ? -slot * 1000 : id_of(kind, slot) & ((1 << bits) - 1);
}

/* Commands about all objects take no id; the kernel wants it not to be negative. */
static inline int id_for(int kind, long slot, int cmd, int info)
{
	return cmd == IPC_INFO || cmd == info ? 0 : id_of(kind, slot);
}

/* --- steps with segments */

static inline char *place_of(long n)
{
	return places[n] ? places[n] : (char *)PLACE(n);
}

static inline void do_shm_at(const struct step *step, struct answer *answer)
{
	const long *arg = step->arg;
	char *want = arg[4] ? NULL : (char *)PLACE(arg[1]) + arg[2];
	char *got = shm->at(id_of(SHM, arg[0]), want, arg[3]);

	answer->ret = got == NOT_ATTACHED ? -1 : 0;
	if (answer->ret)
		return;
	places[arg[1]] = want ? NULL : got;
	if (want)
		say(answer, "at %p\n", got);
}

static inline void do_shm_ctl(const struct step *step, struct answer *answer)
{
	int cmd = step->arg[1], id = id_for(SHM, step->arg[0], cmd, SHM_INFO);
	union {
		struct shmid_ds ds;
		struct shm_info info;
		struct shminfo limits;
	} u;

	memset(&u, 0, sizeof(u));
	if (cmd == IPC_SET) {
		u.ds.shm_perm.uid = step->arg[2];
		u.ds.shm_perm.gid = step->arg[3];
		u.ds.shm_perm.mode = step->arg[4];
	}
	if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
		id = index_of(SHM, step->arg[0], shm->index_bits);
	answer->ret = shm->ctl(id, cmd, &u);
	answer->error = answer->ret < 0 ? errno : 0;
	if (answer->ret < 0)
		return;
	if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
		say_found(answer, SHM);
	if (cmd == IPC_STAT || cmd == SHM_STAT || cmd == SHM_STAT_ANY)
		say_shm(answer, &u.ds);
	if (cmd == SHM_INFO)
		say(answer, "ids %d pages %lu in memory %lu swapped %lu\n", u.info.used_ids,
		    u.info.shm_tot, u.info.shm_rss, u.info.shm_swp);
	if (cmd == IPC_INFO)
		say(answer, "max %lu min %lu mni %lu seg %lu all %lu\n", u.limits.shmmax,
		    u.limits.shmmin, u.limits.shmmni, u.limits.shmseg, u.limits.shmall);
	if (cmd == SHM_INFO || cmd == IPC_INFO)
		say_highest(answer, SHM, shm->index_bits);
}

static inline void do_touch(const struct step *step, struct answer *answer)
{
	long offset = places[step->arg[0]] ? step->arg[1] % (long)PAGE : step->arg[1];
	unsigned char *at = (unsigned char *)place_of(step->arg[0]) + offset;
	int sig = sigsetjmp(after_fault, 1);

	if (sig) {
		answer->ret = -1000 - sig;
		return;
	}
	answer->ret = LOAD(at);
	if (step->arg[2])
		STORE(at, step->arg[3]);
}

static inline void do_memory(const struct step *step, struct answer *answer)
{
	const long *arg = step->arg;
	char *at = (char *)PLACE(arg[0]) + arg[1];

	if (step->op == MEM_UNMAP)
		answer->ret = munmap(at, arg[2]);
	else if (step->op == MEM_PROTECT)
		answer->ret = mprotect(at, arg[2], arg[3]);
	else
		answer->ret = (long)mremap(at, arg[2], arg[3], MREMAP_MAYMOVE | MREMAP_FIXED,
					   PLACE(arg[4]));
}

/* --- steps with semaphores */

static inline void do_sem_ops(const struct step *step, struct answer *answer)
{
	static const struct timespec times[] = { { 0, 0 }, { 0, 2000000 } };
	int id = id_of(SEM, step->arg[0]), n = step->arg[1], i;
	struct sembuf ops[OPS_MAX], *at = step->arg[3] ? nowhere() : ops;

	for (i = 0; i < n && i < OPS_MAX; i++)
		ops[i] = SEM_OP(step->arg[4 + i] & 0xffff, (short)(step->arg[4 + i] >> 16),
				step->arg[4 + i] >> 32);
	if (step->arg[2])
		answer->ret = sem->timedop(id, at, n, &times[step->arg[2] - 1]);
	else
		answer->ret = sem->op(id, at, n);
}

static inline void do_sem_ctl(const struct step *step, struct answer *answer)
{
	int cmd = step->arg[2], id = id_for(SEM, step->arg[0], cmd, SEM_INFO);
	int num = step->arg[1], slot = step->arg[0], i;
	int nsems = step->arg[0] < 0 ? 1 : common->size[SEM][step->arg[0]];
	unsigned short values[VALUES_MAX];
	struct semid_ds ds;
	struct seminfo info;
	union semun arg = { .array = values };

	memset(&ds, 0, sizeof(ds));
	memset(values, POISON, sizeof(values));
	if (cmd == GETALL || cmd == SETALL)
		num = nsems;
	if (cmd == SETALL)
		for (i = 0; i < nsems; i++)
			values[i] = (step->arg[3] + i) % 5;
	if (cmd == SETALL && step->arg[3] > SEMVMX)
		values[nsems - 1] = step->arg[3];
	if (cmd == SETVAL)
		arg.val = step->arg[3];
	if (cmd == IPC_SET) {
		ds.sem_perm.uid = step->arg[4];
		ds.sem_perm.gid = step->arg[5];
		ds.sem_perm.mode = step->arg[6];
	}
	if (cmd == IPC_SET || cmd == IPC_STAT || cmd == SEM_STAT || cmd == SEM_STAT_ANY)
		arg.buf = &ds;
	if (cmd == SEM_STAT || cmd == SEM_STAT_ANY)
		id = index_of(SEM, step->arg[0], sem->index_bits);
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		arg.info = &info;
	answer->ret = sem->ctl(id, num, cmd, arg);
	answer->error = answer->ret < 0 ? errno : 0;
	if (answer->ret < 0)
		return;
	if (cmd == SEM_STAT || cmd == SEM_STAT_ANY)
		slot = say_found(answer, SEM);
	if (cmd == IPC_STAT || cmd == SEM_STAT || cmd == SEM_STAT_ANY)
		say_sem(answer, slot, &ds);
	for (i = 0; cmd == GETALL && i < VALUES_MAX; i++)
		say(answer, "%d ", values[i]);
	if (cmd == GETPID)
		answer->ret = birth_of(answer->ret);
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		say(answer, "mni %d mns %d msl %d opm %d vmx %d\n", info.semmni, info.semmns,
		    info.semmsl, info.semopm, info.semvmx);
	if (cmd == SEM_INFO)
		say(answer, "sets %d semaphores %d\n", info.semusz, info.semaem);
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		say_highest(answer, SEM, sem->index_bits);
}

/* --- steps with messages */

struct long_message {
	long type;
	char text[TEXT_MAX + 1000];
};

static struct long_message message;

static inline void do_msg_receive(const struct step *step, struct answer *answer)
{
	memset(&message, POISON, sizeof(message));
	answer->ret = msg->receive(id_of(MSG, step->arg[0]), &message, step->arg[1],
				   step->arg[2], step->arg[3]);
	answer->error = answer->ret < 0 ? errno : 0;
	say(answer, "type %ld text %x\n", message.type,
	    hash_of(message.text, sizeof(message.text)));
}

static inline void do_msg_send(const struct step *step, struct answer *answer)
{
	message.type = step->arg[1];
	pattern(message.text, sizeof(message.text), step->arg[4]);
	answer->ret = msg->send(id_of(MSG, step->arg[0]), &message, step->arg[2], step->arg[3]);
}

static inline void do_msg_ctl(const struct step *step, struct answer *answer)
{
	int cmd = step->arg[1], id = id_for(MSG, step->arg[0], cmd, MSG_INFO);
	union {
		struct msqid_ds ds;
		struct msginfo info;
	} u;

	memset(&u, 0, sizeof(u));
	if (cmd == IPC_SET) {
		u.ds.msg_perm.uid = step->arg[2];
		u.ds.msg_perm.gid = step->arg[3];
		u.ds.msg_perm.mode = step->arg[4];
		u.ds.msg_qbytes = step->arg[5];
	}
	if (cmd == MSG_STAT || cmd == MSG_STAT_ANY)
		id = index_of(MSG, step->arg[0], msg->index_bits);
	answer->ret = msg->ctl(id, cmd, &u);
	answer->error = answer->ret < 0 ? errno : 0;
	if (answer->ret < 0)
		return;
	if (cmd == MSG_STAT || cmd == MSG_STAT_ANY)
		say_found(answer, MSG);
	if (cmd == IPC_STAT || cmd == MSG_STAT || cmd == MSG_STAT_ANY)
		say_msg(answer, &u.ds);
	if (cmd == IPC_INFO || cmd == MSG_INFO)
		say(answer, "max %d mnb %d mni %d\n", u.info.msgmax, u.info.msgmnb,
		    u.info.msgmni);
	if (cmd == MSG_INFO)
		say(answer, "queues %d messages %d bytes %d\n", u.info.msgpool, u.info.msgmap,
		    u.info.msgtql);
	if (cmd == IPC_INFO || cmd == MSG_INFO)
		say_highest(answer, MSG, msg->index_bits);
}

/* --- all that can be seen */

/* A value of a table, by the name of its column. */
static inline void say_cell(struct answer *answer, int slot, const char *name, const char *cell)
{
	size_t len = strlen(name);

	if (!strcmp(name, "shmid") || !strcmp(name, "semid") || !strcmp(name, "msqid"))
		say(answer, " slot %d", slot);
	else if (len > 3 && !strcmp(name + len - 3, "pid"))
		say(answer, " %s=%d", name, birth_of(atoi(cell)));
	else if (!strcmp(name, "otime"))
		say(answer, " %s=%ld", name, otime_of(slot, atoll(cell)));
	else if (len > 4 && !strcmp(name + len - 4, "time"))
		say(answer, " %s=%ld", name, step_of(atoll(cell)));
	else
		say(answer, " %s=%s", name, cell);
}

/* The row of each object, in the order of slots; @path has one more line, with names. */
static inline void say_table(struct answer *answer, int kind, const char *path)
{
	static char text[32768];
	char names[24][16], cell[24], *line, *next;
	int slot, columns = 0, rows = 0, id, i, at, used;

	if (file_read(path, text, sizeof(text)) < 0) {
		say(answer, "no table\n");
		return;
	}
	next = strchr(text, '\n');
	*next++ = 0;
	for (at = 0; columns < 24 && sscanf(text + at, "%15s%n", names[columns], &used) == 1;
	     at += used)
		columns++;
	for (line = next; *line; line = strchr(line, '\n') + 1)
		rows++;
	for (slot = 0; slot < common->nids[kind]; slot++) {
		for (line = next; *line; line = strchr(line, '\n') + 1) {
			if (sscanf(line, "%*s %d", &id) != 1 || slot_of(kind, id) != slot)
				continue;
			for (i = at = 0; i < columns &&
			     sscanf(line + at, "%23s%n", cell, &used) == 1; i++, at += used)
				say_cell(answer, slot, names[i], cell);
			say(answer, "\n");
		}
	}
	say(answer, "%d rows\n", rows);
}

static inline void look_at_segments(struct answer *answer)
{
	struct step info = { .op = SHM_CTL, .arg = { -1, SHM_INFO } };
	struct shmid_ds ds;
	int i;

	for (i = 0; i < common->nids[SHM]; i++) {
		if (common->gone[SHM][i])
			continue;
		if (shm->ctl(common->ids[SHM][i], IPC_STAT, &ds)) {
			common->gone[SHM][i] = true;
			say(answer, "shm %d gone: %d\n", i, errno);
			continue;
		}
		say(answer, "shm %d ", i);
		say_shm(answer, &ds);
	}
	say_table(answer, SHM, shm->table);
	do_shm_ctl(&info, answer);
}

static inline void look_at_sets(struct answer *answer)
{
	struct step info = { .op = SEM_CTL, .arg = { -1, 0, SEM_INFO } };
	struct semid_ds ds;
	int i, num, id, value;

	for (i = 0; i < common->nids[SEM]; i++) {
		id = common->ids[SEM][i];
		if (common->gone[SEM][i])
			continue;
		if (sem_stat(id, &ds)) {
			common->gone[SEM][i] = true;
			say(answer, "sem %d gone: %d\n", i, errno);
			continue;
		}
		say(answer, "sem %d ", i);
		say_sem(answer, i, &ds);
		for (num = 0; num < (int)ds.sem_nsems; num++) {
			value = sem_getval(id, num);
			say(answer, " %d by %d n%d z%d", value,
			    birth_of(sem_getpid(id, num)), sem_getncnt(id, num),
			    sem_getzcnt(id, num));
			if (num < SEMS)
				common->values[i][num] = value;
		}
		say(answer, "\n");
	}
	say_table(answer, SEM, sem->table);
	do_sem_ctl(&info, answer);
}

static inline void look_at_queues(struct answer *answer)
{
	struct step info = { .op = MSG_CTL, .arg = { -1, MSG_INFO } };
	struct msqid_ds ds;
	int i, n, id;
	ssize_t size;

	for (i = 0; i < common->nids[MSG]; i++) {
		id = common->ids[MSG][i];
		if (common->gone[MSG][i])
			continue;
		if (msg_stat(id, &ds)) {
			common->gone[MSG][i] = true;
			say(answer, "msg %d gone: %d\n", i, errno);
			continue;
		}
		common->queued[i] = ds.msg_qnum;
		common->bytes[i] = ds.msg_cbytes;
		common->room[i] = ds.msg_qbytes;
		say(answer, "msg %d ", i);
		say_msg(answer, &ds);
		for (n = 0; n < (int)ds.msg_qnum && n < 20; n++) {
			size = msg->receive(id, &message, sizeof(message.text), n,
					    MSG_COPY | IPC_NOWAIT);
			if (!n)
				common->first_type[i] = message.type;
			say(answer, " %ld:%zd:%x", message.type, size,
			    size < 0 ? 0 : hash_of(message.text, size));
		}
		say(answer, "\n");
	}
	say_table(answer, MSG, msg->table);
	do_msg_ctl(&info, answer);
}

static void actor_do(const struct step *step, struct answer *answer)
{
	const long *arg = step->arg;

	switch (step->op) {
	case LOOK:
		look_at_segments(answer);
		look_at_sets(answer);
		look_at_queues(answer);
		answer->ret = 0;
		answer->error = 0;
		return;
	case SHM_GET:
		answer->ret = shm->get(arg[0], arg[1], arg[2]);
		break;
	case SHM_AT:
		do_shm_at(step, answer);
		break;
	case SHM_DT:
		answer->ret = shm->dt(place_of(arg[0]) + arg[1]);
		break;
	case SHM_CTL:
		do_shm_ctl(step, answer);
		return;
	case SHM_TOUCH:
		do_touch(step, answer);
		return;
	case MEM_UNMAP:
	case MEM_REMAP:
	case MEM_PROTECT:
		do_memory(step, answer);
		break;
	case SEM_GET:
		answer->ret = sem->get(arg[0], arg[1], arg[2]);
		break;
	case SEM_OPS:
		do_sem_ops(step, answer);
		break;
	case SEM_CTL:
		do_sem_ctl(step, answer);
		return;
	case MSG_GET:
		answer->ret = msg->get(arg[0], arg[1]);
		break;
	case MSG_SEND:
		do_msg_send(step, answer);
		break;
	case MSG_RECEIVE:
		do_msg_receive(step, answer);
		return;
	case MSG_CTL:
		do_msg_ctl(step, answer);
		return;
	}
	answer->error = answer->ret < 0 ? errno : 0;
}

#endif /* KIPC_LOCKSTEP_SYSV_H */
