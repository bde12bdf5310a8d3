// SPDX-License-Identifier: GPL-2.0
/* Programs: random ones, changed ones, and as text. */
#include "fuzz.h"

#define GOLDEN	0x9e3779b97f4a7c15ULL

static __u64 mix(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

__u64 draw(struct draw *d)
{
	__u64 x;

	d->at++;
	x = mix(d->seed + d->at * GOLDEN);
	return d->at == d->tweak_at ? mix(x ^ d->tweak) : x;
}

unsigned int below(struct draw *d, unsigned int n)
{
	return (draw(d) >> 16) % n;
}

bool once_in(struct draw *d, unsigned int n)
{
	return !below(d, n);
}

struct draw draw_of_step(const struct step *step)
{
	return (struct draw) {
		.seed = mix(step->seed + GOLDEN), .tweak_at = step->tweak_at,
		.tweak = step->tweak,
	};
}

static unsigned int call_pick(struct draw *d)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < calls_n; i++)
		sum += calls[i].weight;
	at = below(d, sum);
	for (i = 0; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return i;
}

/* Of the kind of call @like, or of any kind: calls on one kind of object belong together. */
static unsigned int call_pick_like(struct draw *d, unsigned int like)
{
	unsigned int call, tries;

	for (tries = 0; tries < 12; tries++) {
		call = call_pick(d);
		if (!strncmp(calls[call].name, calls[like].name, 3))
			return call;
	}
	return call;
}

static void step_make(struct step *step, struct draw *d, unsigned int call, unsigned int threads)
{
	memset(step, 0, sizeof(*step));
	step->call = call;
	step->thread = below(d, threads);
	step->seed = draw(d);
}

void program_make(struct program *p, struct draw *d)
{
	unsigned int threads = once_in(d, 2) ? 1 : THREADS, like = call_pick(d), i;

	memset(p, 0, sizeof(*p));
	p->n = 2 + below(d, STEPS_MAX - 6);
	for (i = 0; i < p->n; i++)
		step_make(&p->steps[i], d, once_in(d, 3) ? call_pick(d) : call_pick_like(d, like),
			  threads);
}

/* One call, and nothing else, a few times. */
void program_make_of(struct program *p, struct draw *d, unsigned int call)
{
	memset(p, 0, sizeof(*p));
	for (p->n = 0; p->n < 6; p->n++)
		step_make(&p->steps[p->n], d, call, 1);
}

static void step_insert(struct program *p, unsigned int at, const struct step *step)
{
	if (p->n == STEPS_MAX)
		return;
	memmove(&p->steps[at + 1], &p->steps[at], (p->n - at) * sizeof(*step));
	p->steps[at] = *step;
	p->n++;
}

static void step_remove(struct program *p, unsigned int at)
{
	if (p->n < 2)
		return;
	p->n--;
	memmove(&p->steps[at], &p->steps[at + 1], (p->n - at) * sizeof(p->steps[0]));
}

/* The first steps of @p and the last of one that is kept, too. */
static void program_cross(struct program *p, struct draw *d)
{
	unsigned int kept = LOAD(&sh->corpus_n), first = below(d, p->n + 1), i;
	const struct program *other;

	if (!kept)
		return;
	other = &sh->corpus[below(d, kept)];
	p->n = first;
	for (i = below(d, other->n + 1); i < other->n && p->n < STEPS_MAX; i++)
		p->steps[p->n++] = other->steps[i];
	if (!p->n)
		step_make(&p->steps[p->n++], d, call_pick(d), THREADS);
}

static void program_change_once(struct program *p, struct draw *d)
{
	unsigned int at = below(d, p->n);
	struct step *step = &p->steps[at], other;

	switch (below(d, 9)) {
	case 0:
	case 1:
		step_make(&other, d, call_pick_like(d, step->call), THREADS);
		step_insert(p, at + below(d, 2), &other);
		break;
	case 2:
		step_make(&other, d, call_pick(d), THREADS);
		step_insert(p, at + below(d, 2), &other);
		break;
	case 3:
		step_remove(p, at);
		break;
	case 4:
		other = *step;
		step_insert(p, at, &other);
		break;
	case 5:
		step->seed = draw(d);
		break;
	case 6:
		step->thread = below(d, THREADS);
		break;
	case 7:
		program_cross(p, d);
		break;
	default:
		step->tweak_at = 1 + below(d, 24);
		step->tweak = draw(d);
	}
}

void program_change(struct program *p, struct draw *d)
{
	unsigned int times = 1 + below(d, 4);

	while (times--)
		program_change_once(p, d);
}

void program_print(const struct program *p, char *text, size_t size)
{
	size_t len = 0;
	unsigned int i;

	text[0] = 0;
	for (i = 0; i < p->n && len < size; i++) {
		const struct step *step = &p->steps[i];

		len += snprintf(text + len, size - len, "%s%u.%s.%x", i ? " " : "", step->thread,
				calls[step->call].name, step->seed);
		if (step->tweak_at && len < size)
			len += snprintf(text + len, size - len, ".%u.%x", step->tweak_at,
					step->tweak);
	}
}

static bool step_parse(struct step *step, const char *word)
{
	unsigned int thread, tweak_at = 0, tweak = 0, seed, i;
	char name[32];
	int n;

	n = sscanf(word, "%u.%31[^.].%x.%u.%x", &thread, name, &seed, &tweak_at, &tweak);
	if ((n != 3 && n != 5) || thread >= THREADS || tweak_at > 255)
		return false;
	for (i = 0; i < calls_n; i++)
		if (!strcmp(name, calls[i].name))
			break;
	*step = (struct step) {
		.call = i, .thread = thread, .seed = seed, .tweak_at = tweak_at, .tweak = tweak,
	};
	return i < calls_n;
}

bool program_parse(struct program *p, const char *text)
{
	char copy[PROGRAM_TEXT], *word, *rest;

	memset(p, 0, sizeof(*p));
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "\n")] = 0;
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (p->n == STEPS_MAX || !step_parse(&p->steps[p->n++], word))
			return false;
	return p->n;
}
