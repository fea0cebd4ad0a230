// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that ask for quotes all the time.
 */
#include "storm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"

/* Between a request without a quote and the next, us. */
#define PAUSE	1000

struct guest {
	pthread_t thread;
	struct td td;
	struct storm_counts counts;
};

static struct guest guests[STORM_MAX_GUESTS];
static unsigned int nr_guests;
static atomic_bool stop;

static void *guest_thread(void *arg)
{
	struct guest *guest = arg;
	struct td_buffer buffer = whole(&guest->td);
	uint64_t number = (uint64_t)guest->td.info.id << 32;

	while (!atomic_load(&stop)) {
		enum outcome outcome = ask(&buffer, number++);

		guest->counts.of[outcome]++;
		if (outcome == WRONG)
			guest->counts.why = why_wrong();
		if (outcome != GOOD)
			usleep(PAUSE);
	}
	return NULL;
}

void storm_start(unsigned int count)
{
	atomic_store(&stop, false);
	for (nr_guests = 0; nr_guests < count; nr_guests++) {
		struct guest *guest = &guests[nr_guests];

		memset(&guest->counts, 0, sizeof(guest->counts));
		if (!EXPECT(!td_create(&guest->td, lab_shared_size(&profile))))
			break;
		if (!EXPECT(!pthread_create(&guest->thread, NULL, guest_thread, guest))) {
			td_destroy(&guest->td);
			break;
		}
	}
}

static void add(struct storm_counts *to, const struct storm_counts *from)
{
	unsigned int i;

	for (i = 0; i < NR_OUTCOMES; i++)
		to->of[i] += from->of[i];
	if (from->why)
		to->why = from->why;
}

void storm_stop(struct storm_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	atomic_store(&stop, true);
	while (nr_guests) {
		struct guest *guest = &guests[--nr_guests];

		pthread_join(guest->thread, NULL);
		td_destroy(&guest->td);
		add(counts, &guest->counts);
	}
}

uint64_t storm_requests(const struct storm_counts *counts)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NR_OUTCOMES; i++)
		sum += counts->of[i];
	return sum;
}

const char *storm_text(const struct storm_counts *counts, char text[160])
{
	size_t len = 0;
	unsigned int i;

	strcpy(text, "no request");
	for (i = 0; i < NR_OUTCOMES; i++)
		if (counts->of[i])
			len += snprintf(text + len, 160 - len, "%s%llu %s", len ? ", " : "",
					(unsigned long long)counts->of[i], outcome_names[i]);
	return text;
}
