/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmm-agent: what a machine without a system runs. It exchanges its ticket, gets its job and does it.
 * Exit status: 0 the job is done, start the new system; 10 it was to report or to go a part of the way, power
 * off; 1 it failed, and the server knows why if it could be reached.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"

#define EXIT_STOPPED 10

/* Room for a block map's and a job's text. */
#define JOB_MAX ((size_t)4 * 1024 * 1024)

static void begin_stage(struct agent *a, enum agent_stage stage)
{
	a->stage = stage;
	a->deadline = vmm_clock_ms() + 1000 * agent_stage_limit(&a->job, stage);
	agent_http_deadline(a->http, a->deadline);
	agent_event(a, "begin", "");
}

static int do_stage(struct agent *a, enum agent_stage stage,
		    int (*work)(struct agent *a, struct vmm_err *err), struct vmm_err *err)
{
	int ret;

	begin_stage(a, stage);
	ret = work(a, err);
	if (ret == 0)
		agent_event(a, "done", "");
	return ret;
}

static int report_hardware(struct agent *a, struct vmm_err *err)
{
	json_t *hw = agent_hardware_json(&a->hw);
	VMM_STR_AUTO text = hw ? json_dumps(hw, JSON_COMPACT) : NULL;

	json_decref(hw);
	if (!text)
		return vmm_err_nomem(err);
	return agent_post(a->http, "/v1/inspect", text, strlen(text), NULL, 60000, err);
}

static int get_job(struct agent *a, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int ret = agent_get(a->http, "/v1/job", JOB_MAX, &text, err);

	return ret ? ret : agent_job_read(text.data, text.len, &a->job, err);
}

/* After the stage that it is in. */
static bool stops(const struct agent *a)
{
	return a->job.inspect || strcmp(a->job.until, agent_stage_name(a->stage)) == 0;
}

static int do_job(struct agent *a, struct vmm_err *err)
{
	static const struct {
		enum agent_stage stage;
		int (*work)(struct agent *a, struct vmm_err *err);
	} stages[] = { { STAGE_SCRIPTS, agent_scripts },
		       { STAGE_IMAGE, agent_image },
		       { STAGE_DRIVERS, agent_drivers },
		       { STAGE_CUSTOMISE, agent_customise } };
	int ret = get_job(a, err);

	if (ret == 0)
		ret = do_stage(a, STAGE_AGENT, report_hardware, err);
	if (ret < 0 || stops(a))
		return ret;
	if (!*a->job.image)
		return vmm_err_set(err, VMM_EINPUT, "the job has no image");
	for (size_t i = 0; ret == 0 && !stops(a) && i < sizeof(stages) / sizeof(stages[0]); i++)
		ret = do_stage(a, stages[i].stage, stages[i].work, err);
	return ret;
}

static int run(struct agent *a, struct vmm_err *err)
{
	struct vmm_err later;
	int ret = agent_ticket_read(a->at.ticket, &a->ticket, err);

	if (ret == 0)
		ret = agent_hardware_read(&a->at, &a->hw, err);
	if (ret == 0)
		ret = agent_http_new(&a->ticket, &a->http, err);
	if (ret == 0)
		ret = agent_authorise(a->http, &a->ticket, &a->hw, err);
	if (ret < 0)
		return ret;
	ret = do_job(a, err);
	if (a->mounted)
		(void)agent_unmount_root(a, &later);
	agent_http_deadline(a->http, 0);
	agent_end(a, ret, err);
	return ret;
}

static int usage(void)
{
	fputs("usage: vmm-agent [--ticket FILE] [--sys FOLDER] [--proc FOLDER] [--dev FOLDER] "
	      "[--root FOLDER] [--work FOLDER]\n",
	      stderr);
	return 2;
}

static int read_options(struct agent *a, int argc, char **argv)
{
	static const struct option options[] = { { "ticket", required_argument, NULL, 't' },
						 { "sys", required_argument, NULL, 's' },
						 { "proc", required_argument, NULL, 'p' },
						 { "dev", required_argument, NULL, 'd' },
						 { "root", required_argument, NULL, 'r' },
						 { "work", required_argument, NULL, 'w' },
						 { NULL } };
	const char **const places[] = {
		['t'] = &a->at.ticket, ['s'] = &a->at.sys,  ['p'] = &a->at.proc,
		['d'] = &a->at.dev,    ['r'] = &a->at.root, ['w'] = &a->at.work
	};

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == '?')
			return -1;
		*places[c] = optarg;
	}
	return optind == argc ? 0 : -1;
}

static void release(struct agent *a)
{
	agent_http_free(a->http);
	agent_job_release(&a->job);
	agent_hardware_release(&a->hw);
	agent_ticket_release(&a->ticket);
}

int main(int argc, char **argv)
{
	struct agent a = { .at = { "/vmm/ticket", "/sys", "/proc", "/dev", "/mnt", "/run/vmm" },
			   .stage = STAGE_AGENT };
	struct vmm_err err = { 0 };
	bool stopped;
	int ret;

	if (read_options(&a, argc, argv) < 0)
		return usage();
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	ret = run(&a, &err);
	if (ret < 0)
		fprintf(stderr, "vmm-agent: %s\n", err.text);
	stopped = ret == 0 && stops(&a) && a.stage != STAGE_CUSTOMISE;
	release(&a);
	curl_global_cleanup();
	return ret < 0 ? 1 : stopped ? EXIT_STOPPED : 0;
}
