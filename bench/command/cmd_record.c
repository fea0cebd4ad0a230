// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench record: every event of this kernel's quoting path, to a file that report,
 * trace, calibrate and replay read later and elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/commands.h"
#include "measure/clock.h"
#include "result/must.h"
#include "run/environment.h"
#include "run/interrupt.h"
#include "trace/capture.h"
#include "trace/live.h"

#define DEFAULT_FILE	"tdxbench.cap"
/* What a command that Ctrl-C has reached may take to end by itself, and how often we look. */
#define GRACE_NS	(2 * NSEC_PER_SEC)
#define LOOK_NS		(NSEC_PER_SEC / 100)

static struct {
	const char *file;
	const char *duration;
	const char *buffer;
	bool context;
} options = { .file = DEFAULT_FILE };

/**
 * struct recording - what is under way
 * @command:  what is run meanwhile; NULL: nothing
 * @pid:      of it, until it has ended
 * @go:       where its start is awaited
 * @status:   exit status of it
 * @quotes:   that ended
 * @error:    of writing, negative
 * @shown_ns: when progress was shown last
 */
struct recording {
	char **command;
	pid_t pid;
	int go;
	int status;
	struct live *live;
	struct capture_writer *writer;
	uint64_t duration_ns;
	uint64_t begin_ns, end_ns;
	uint64_t quotes;
	int error;
	uint64_t shown_ns;
};

static void write_event(const struct events_head *event, void *arg)
{
	struct recording *recording = arg;

	recording->quotes += event->kind == EVENTS_QUOTE_END;
	if (!recording->error)
		recording->error = capture_write(recording->writer, event);
}

/* --- the command --- */

/* Waits until events are watched, then becomes the command. */
static void become(char **command, int go, int failed)
{
	int error;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(EXIT_ERROR);
	execvp(command[0], command);
	error = errno;
	if (write(failed, &error, sizeof(error)) < 0)
		_exit(EXIT_ERROR);
	_exit(EXIT_ERROR);
}

/* 0, or -1 and one line. */
static int fork_command(struct recording *recording, int *failed)
{
	int go[2], back[2];

	if (pipe2(go, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		goto fail;
	recording->pid = fork();
	if (recording->pid < 0)
		goto fail;
	if (!recording->pid) {
		close(go[1]);
		become(recording->command, go[0], back[1]);
	}
	close(go[0]);
	close(back[1]);
	recording->go = go[1];
	*failed = back[0];
	/* Ours alone: one that a signal has ended already reads nothing. */
	signal(SIGPIPE, SIG_IGN);
	return 0;

fail:
	fprintf(stderr, "tdxbench record: cannot start '%s': %m\n", recording->command[0]);
	return -1;
}

/* Returns when the command is running, or is known not to. */
static int let_go(struct recording *recording, int failed)
{
	int error = 0, ret = 0;

	if (write(recording->go, "", 1) == 1 && read(failed, &error, sizeof(error)) > 0) {
		fprintf(stderr, "tdxbench record: cannot run '%s': %s\n", recording->command[0],
			strerror(error));
		ret = -1;
	}
	close(recording->go);
	close(failed);
	return ret;
}

static void note_status(struct recording *recording, int status)
{
	recording->pid = 0;
	recording->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool command_ended(struct recording *recording)
{
	int status;

	if (recording->pid && waitpid(recording->pid, &status, WNOHANG) == recording->pid)
		note_status(recording, status);
	return recording->command && !recording->pid;
}

/* A terminal's Ctrl-C has reached it already; what else ends us has not. */
static void end_command(struct recording *recording)
{
	uint64_t patience = interrupt_signal() == SIGINT ? GRACE_NS : 0;
	uint64_t begin = clock_now();
	int status;

	while (recording->pid && clock_now() - begin < patience && !command_ended(recording))
		clock_sleep_until(clock_now() + LOOK_NS);
	if (!recording->pid)
		return;
	kill(recording->pid, SIGTERM);
	while (waitpid(recording->pid, &status, 0) < 0 && errno == EINTR)
		;
	note_status(recording, status);
}

/* --- recording --- */

static void put_bytes(FILE *out, uint64_t bytes)
{
	if (bytes < 10000)
		fprintf(out, "%" PRIu64 " bytes", bytes);
	else if (bytes < 10000000)
		fprintf(out, "%.1f KiB", (double)bytes / 1024);
	else
		fprintf(out, "%.1f MiB", (double)bytes / (1 << 20));
}

/* Once a second; what is killed then has lost no more than that. */
static int save_and_show(struct recording *recording)
{
	uint64_t now = clock_now();

	if (now - recording->shown_ns < NSEC_PER_SEC)
		return recording->error;
	recording->shown_ns = now;
	if (!recording->error)
		recording->error = capture_flush(recording->writer);
	if (!isatty(STDERR_FILENO))
		return recording->error;
	fprintf(stderr, "\r%6.0f s  %" PRIu64 " quotes  %" PRIu64 " events  ",
		(double)(now - recording->begin_ns) / 1e9, recording->quotes,
		capture_records(recording->writer));
	put_bytes(stderr, capture_bytes(recording->writer));
	fprintf(stderr, "  %" PRIu64 " lost\033[K", live_lost(recording->live));
	return recording->error;
}

static bool is_over(struct recording *recording)
{
	return interrupted() || command_ended(recording) ||
	       (recording->duration_ns && clock_now() - recording->begin_ns >= recording->duration_ns);
}

static int watch(struct recording *recording)
{
	int ret = 0;

	while (!ret && !is_over(recording)) {
		ret = live_poll(recording->live);
		if (!ret)
			ret = save_and_show(recording);
	}
	if (recording->shown_ns != recording->begin_ns && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return ret;
}

/* From the first event to the last. */
static int record(struct recording *recording)
{
	int failed = -1, ret = 0, stopped;

	if (recording->command && fork_command(recording, &failed))
		return -1;
	recording->begin_ns = recording->shown_ns = clock_now();
	ret = live_start(recording->live) ? -1 : 0;
	if (!ret && recording->command)
		ret = let_go(recording, failed);
	else if (!ret)
		fprintf(stderr, "tdxbench record: recording to %s; Ctrl-C ends it\n", options.file);
	if (!ret)
		ret = watch(recording);
	recording->end_ns = clock_now();
	stopped = live_stop(recording->live);
	end_command(recording);
	return ret ? ret : stopped ? stopped : recording->error;
}

/* --- the file --- */

static json_t *make_about(void)
{
	json_t *about = environment_here("host");
	time_t now = time(NULL);
	char started[32];
	struct tm tm;

	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_object_set_new(about, "started", json_string(started));
	json_object_set_new(about, "context", json_boolean(options.context));
	return about;
}

/* Of a pipe or a device nobody can tell how much of it is ours. */
static void put_size(uint64_t quotes)
{
	struct stat st;

	if (stat(options.file, &st) || !S_ISREG(st.st_mode))
		return;
	fputs(", ", stderr);
	put_bytes(stderr, (uint64_t)st.st_size);
	if (quotes)
		fprintf(stderr, " (%.1f bytes a quote)", (double)st.st_size / (double)quotes);
}

static void say_what_it_is(const struct recording *recording, uint64_t records)
{
	char text[512];

	fprintf(stderr, "tdxbench record: %" PRIu64 " quotes, %" PRIu64 " events in %s",
		recording->quotes, records, options.file);
	put_size(recording->quotes);
	live_lost_text(recording->live, text, sizeof(text));
	fprintf(stderr, *text ? "; LOST: %s\n" : ", none lost\n", text);
}

/* A pipe or a device is no file that a part could lie beside. */
static void say_what_failed(int error)
{
	char *part = must_print("%s.part", options.file);
	bool is_there = !access(part, F_OK);

	fprintf(stderr, "tdxbench record: cannot write %s: %s%s%s\n", options.file, strerror(-error),
		is_there ? "; what there is of it is in " : "", is_there ? part : "");
	free(part);
}

static int finish(struct recording *recording, int ret)
{
	const struct capture_end end = {
		.lost = live_lost(recording->live),
		.begin_ns = recording->begin_ns, .end_ns = recording->end_ns,
	};
	uint64_t records = capture_records(recording->writer);
	int error;

	error = capture_finish(recording->writer, ret ? NULL : &end);
	if (error)
		say_what_failed(error);
	else if (!ret)
		say_what_it_is(recording, records);
	if (ret || error)
		return EXIT_ERROR;
	if (recording->command)
		return recording->status;
	/* Ctrl-C is the usual end where no other was asked for. */
	return interrupted() && recording->duration_ns ? 128 + interrupt_signal() : EXIT_DONE;
}

static int record_to_file(struct recording *recording)
{
	char error[CAPTURE_ERROR];
	json_t *about = make_about();
	int ret;

	recording->writer = capture_create(options.file, about, error);
	json_decref(about);
	if (!recording->writer) {
		fprintf(stderr, "tdxbench record: %s\n", error);
		return EXIT_ERROR;
	}
	ret = record(recording);
	return finish(recording, ret);
}

/* --- options --- */

static int take_options(struct recording *recording, struct live_options *live)
{
	int ret;

	if (!*options.file)
		return usage_error("record", "--output is '', allowed is the name of a file");
	if (options.duration && recording->command)
		return usage_error("record", "--duration or a COMMAND, whose end is the end, not both");
	ret = take_param("record", &duration_param, options.duration, &recording->duration_ns);
	return ret ? ret : take_param("record", &live_buffer_param, options.buffer, &live->buffer);
}

static int run(int argc, char **argv)
{
	struct live_options live = {
		.quotes = true, .parts = true, .iterations = true, .answers = true,
		.context = options.context,
	};
	struct recording recording = { .command = argc ? argv : NULL };
	int ret = take_options(&recording, &live);

	if (ret)
		return ret;
	interrupt_catch();
	ret = live_open(&recording.live, &live, write_event, &recording);
	if (ret)
		return ret;
	ret = record_to_file(&recording);
	live_close(recording.live);
	return ret;
}

static const struct option_row rows[] = {
	{ 'o', "output", "FILE", OPTION_TEXT, &options.file, 0, 0, NULL,
	  "where to (default: " DEFAULT_FILE "); one that is there becomes FILE.old" },
	{ 'c', "context", NULL, OPTION_FLAG, &options.context, 0, 0, NULL,
	  "and what else ran on all CPUs while quotes were under way" },
	{ 'd', "duration", "TIME", OPTION_TEXT, &options.duration, 0, 0, NULL,
	  "how long, such as 30s (default: until Ctrl-C)" },
	{ 'b', "buffer", "SIZE", OPTION_TEXT, &options.buffer, 0, 0, NULL,
	  "between kernel and tdxbench, 64k to 1024M (default: 16M)" },
	{}
};

const struct command cmd_record = {
	.name = "record",
	.summary = "Record the events of this kernel's quotes to a file.",
	.synopsis = "[OPTION...] [-- COMMAND [ARG]...]",
	.text = "Ctrl-C, or the end of COMMAND, ends it. Until then the file is FILE.part: what is\n"
		"killed leaves one that can be read up to there. Takes root, or CAP_BPF and\n"
		"CAP_PERFMON, and a kernel with the path, or tdx_lab loaded.\n\n"
		"examples:\n"
		"  sudo tdxbench record -d 30s                       what this host's guests ask for\n"
		"  sudo tdxbench record --context -o slow.cap        for trace --slow: what got in between\n"
		"  sudo tdxbench record -- tdxbench load -n 1000     of a load, with tdx_lab loaded\n"
		"  tdxbench report tdxbench.cap                      tables, as of a run\n"
		"  tdxbench trace --from tdxbench.cap                a line for each quote\n"
		"\n"
		"exit codes: 0 done, 1 error, 77 cannot run here, 129 usage, 130 or 143 interrupted\n"
		"before the end of --duration; with a COMMAND its own\n",
	.options = rows,
	.run = run,
};
