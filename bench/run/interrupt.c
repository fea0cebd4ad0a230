// SPDX-License-Identifier: GPL-2.0
/*
 * Ctrl-C and SIGTERM.
 */
#include "run/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;
static void (*volatile on_signal)(void);

static void handler(int signal)
{
	void (*notify)(void) = on_signal;

	caught = signal;
	if (notify)
		notify();
}

void interrupt_catch(void)
{
	/* No SA_RESTART: a sleeping wait should end. */
	const struct sigaction action = { .sa_handler = handler };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool interrupted(void)
{
	return caught;
}

int interrupt_signal(void)
{
	return caught;
}

void interrupt_notify(void (*notify)(void))
{
	on_signal = notify;
}
