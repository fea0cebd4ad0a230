/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subcommands, one cmd_<name>.c each.
 */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include "command/options.h"

extern const struct command cmd_run;
extern const struct command cmd_ab;
extern const struct command cmd_report;
extern const struct command cmd_compare;
extern const struct command cmd_profile;
extern const struct command cmd_history, cmd_history_list, cmd_history_show;
extern const struct command cmd_dashboard;
extern const struct command cmd_top;
extern const struct command cmd_trace;
extern const struct command cmd_record;
extern const struct command cmd_replay;
extern const struct command cmd_calibrate;
extern const struct command cmd_probe_cost;
extern const struct command cmd_load;
extern const struct command cmd_list;
extern const struct command cmd_doctor;
extern const struct command cmd_setup;

#endif /* BENCH_COMMANDS_H */
