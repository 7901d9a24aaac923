/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way through a command: options, run, rows, messages, exit status. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/jobs.h"
#include "base/num.h"
#include "frame/bars.h"
#include "frame/frame.h"
#include "frame/options.h"
#include "frame/out.h"
#include "frame/signals.h"

#ifndef VMM_VERSION
#define VMM_VERSION "0"
#endif

void cmd_say(struct cmd_run *c, const char *fmt, ...)
{
	struct vmm_err line; /* for its way of making one line of anything */
	va_list ap;
	char text[sizeof(line.text)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vmm_err_set(&line, VMM_EFAIL, "%s", text);
	fflush(stdout);
	cmd_bars_pause(c->progress);
	fprintf(stderr, "%s: %s\n", c->cmd->name, line.text);
}

struct vmm_store *cmd_store(struct cmd_run *c)
{
	VMM_STR_AUTO url = NULL;

	if (c->store)
		return c->store;
	url = vmm_store_url(&c->err);
	if (!url || vmm_store_open(url, &c->store, &c->err) < 0)
		return NULL;
	return c->store;
}

int cmd_opt_u64(struct cmd_run *c, const char *opt, const char *text, uint64_t min, uint64_t max,
		uint64_t *out)
{
	return text ? vmm_num_u64(opt, text, min, max, out, &c->err) : 0;
}

int cmd_opt_word(const char *opt, const char *const *words, const char *text, struct vmm_err *err)
{
	VMM_BUF_AUTO all = VMM_BUF_INIT;

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
		vmm_buf_addc(&all, ' ');
		vmm_buf_adds(&all, words[i]);
	}
	if (all.failed)
		return vmm_err_nomem(err);
	return vmm_err_set(err, VMM_EINPUT, "%s '%s': not one of%s", opt, text, all.data);
}

int cmd_opt_list(struct cmd_run *c, char **values, struct vmm_strv *out)
{
	for (; values && *values; values++)
		if (vmm_strv_split(out, *values, ",") < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

void cmd_tally(struct cmd_run *c, int code)
{
	c->done++;
	if (code == VMM_OK)
		return;
	c->worst = c->failed > 0 && vmm_err_exit(c->worst) != vmm_err_exit(code) ? VMM_EFAIL : code;
	c->failed++;
}

const char *cmd_seconds(uint64_t ms, char out[CMD_SECONDS_LEN])
{
	snprintf(out, CMD_SECONDS_LEN, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
	return out;
}

int cmd_status(struct cmd_run *c)
{
	*c->err.text = '\0'; /* the rows have said it */
	if (c->failed == 0)
		return VMM_OK;
	return c->failed == c->done ? c->worst : VMM_EPART;
}

static int parse(struct cmd_run *c, const struct poptOption *table, int argc, char **argv)
{
	poptContext ctx = poptGetContext(c->cmd->name, argc, (const char **)argv, table, 0);
	const char *arg;
	int rc;

	if (!ctx)
		return vmm_err_nomem(&c->err);
	rc = poptGetNextOpt(ctx);
	if (rc < -1)
		vmm_err_set(&c->err, VMM_EINPUT, "option '%s': %s; see --help",
			    poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	while (rc == -1 && (arg = poptGetArg(ctx)))
		if (vmm_strv_add(&c->args, arg) < 0)
			rc = vmm_err_nomem(&c->err);
	poptFreeContext(ctx);
	return rc == -1 ? 0 : c->err.code;
}

static int check_args(struct cmd_run *c)
{
	const struct cmd *cmd = c->cmd;
	VMM_BUF_AUTO usage = VMM_BUF_INIT;
	/* With -0 the last kind of operand comes from stdin. */
	size_t min = cmd->min_args - (cmd_options.null && cmd->min_args > 0);

	cmd_usage(cmd, &usage);
	if (c->args.n < min)
		return vmm_err_set(&c->err, VMM_EINPUT, "operand missing; usage: %s", usage.data);
	if (cmd->max_args > 0 && c->args.n > cmd->max_args)
		return vmm_err_set(&c->err, VMM_EINPUT, "one operand too many: '%s'; usage: %s",
				   c->args.s[cmd->max_args], usage.data);
	if (strcmp(cmd->operands, "") == 0 && c->args.n > 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "takes no operand: '%s'", c->args.s[0]);
	return 0;
}

static int read_common(struct cmd_run *c)
{
	uint64_t jobs = 0, per_host = 0;

	if (cmd_opt_u64(c, "--jobs", cmd_options.jobs, 1, 10000, &jobs) < 0 ||
	    cmd_opt_u64(c, "--per-host", cmd_options.per_host, 1, 10000, &per_host) < 0)
		return c->err.code;
	if (cmd_options.timeout &&
	    vmm_num_duration("--timeout", cmd_options.timeout, &c->timeout_ms, &c->err) < 0)
		return c->err.code;
	if (cmd_options.timeout && c->timeout_ms == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--timeout '%s': must be more than 0",
				   cmd_options.timeout);
	c->jobs = (unsigned)jobs;
	c->per_host = (unsigned)per_host;
	c->fail_fast = cmd_options.fail_fast;
	c->dry_run = cmd_options.dry_run;
	return cmd_bars_new(cmd_options.progress, &c->progress, &c->err);
}

static int work(struct cmd_run *c)
{
	int ret, end;

	if (c->cmd->commands && c->args.n == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "command missing; see --help");
	if (c->cmd->commands)
		return vmm_err_set(&c->err, VMM_EINPUT, "unknown command '%s'; see --help",
				   c->args.s[0]);
	if (read_common(c) < 0 || check_args(c) < 0)
		return c->err.code;
	if ((c->cmd->uses & CMD_ROWS) && cmd_out_init(c) < 0)
		return c->err.code;
	if (c->cmd->uses & (CMD_BATCH | CMD_CANCEL))
		c->cancel = cmd_signals_catch(c->cmd->name);
	ret = c->cmd->run(c);
	cmd_bars_free(c->progress);
	c->progress = NULL;
	/* No rows, but an error: then there is no table that a header could belong to. */
	if (c->out && (ret >= 0 || !*c->err.text || c->out->held)) {
		struct vmm_err first = c->err;

		end = cmd_out_end(c);
		if (ret < 0)
			c->err = first;
		else
			ret = end;
	}
	return ret;
}

/* A full disk is not a success: the last write may fail as late as here. */
static int close_stdout(struct cmd_run *c, int ret)
{
	bool bad = ferror(stdout);

	if (fclose(stdout) == 0 && !bad)
		return ret;
	/* A batch goes on after a row that failed, and errno is another by now. */
	if (c->write_errno)
		errno = c->write_errno;
	if (errno == EPIPE)
		return ret < 0 ? ret : VMM_EFAIL;
	return vmm_err_errno(&c->err, "cannot write the output");
}

/*
 * A standard stream that the caller has closed would be the next file or socket opened, and rows
 * would go there. Opened the wrong way round, so that using it is the error it was.
 */
static int open_std(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

/* The one of several that the first argument names; else the command itself, which then complains. */
static const struct cmd *choose(const struct cmd *cmd, int *argc, char ***argv)
{
	for (size_t i = 0; cmd->commands && *argc > 1 && cmd->commands[i]; i++) {
		if (strcmp(cmd->commands[i]->verb, (*argv)[1]) != 0)
			continue;
		--*argc;
		++*argv;
		return cmd->commands[i];
	}
	return cmd;
}

int cmd_main(const struct cmd *cmd, int argc, char **argv)
{
	struct cmd_run c = { .cmd = cmd };
	struct poptOption *table;
	int ret;

	/* A reader that goes away (`| head`) must not end work half-way: writing fails instead. */
	signal(SIGPIPE, SIG_IGN);
	/* libvirt logs warnings to stderr, three lines for a certificate; rows and messages say it all. */
	if (open_std() < 0 || setenv("LIBVIRT_DEBUG", "error", 0) < 0)
		return vmm_err_exit(VMM_EFAIL);
	c.cmd = cmd = choose(cmd, &argc, &argv);
	table = cmd_options_table(cmd);
	ret = table ? parse(&c, table, argc, argv) : vmm_err_nomem(&c.err);
	if (ret == 0 && cmd_options.help)
		cmd_help(cmd, table, stdout);
	else if (ret == 0 && cmd_options.version)
		printf("%s (vmm-utils) %s\n", cmd->name, VMM_VERSION);
	else if (ret == 0 && cmd_options.list)
		cmd_list_options(cmd, table, stdout);
	else if (ret == 0 && cmd_options.list_commands)
		cmd_list_commands(cmd, stdout);
	else if (ret == 0)
		ret = work(&c);
	ret = close_stdout(&c, ret);
	if (ret < 0 && *c.err.text)
		fprintf(stderr, "%s: %s\n", cmd->name, c.err.text);
	cmd_out_free(c.out);
	vmm_store_close(c.store);
	vmm_strv_release(&c.args);
	free(table);
	if (vmm_jobs_abandoned())
		_exit(vmm_err_exit(ret));
	return vmm_err_exit(ret);
}
