/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot folder and its server from a shell, for tests of the agent.
 *
 *	agent-boot image BOOT FILE			puts a raw image there; prints the job's "image"
 *	agent-boot file BOOT FILE			a script or driver; prints its sha256
 *	agent-boot job BOOT JSONFILE [CUSTOM]		makes a job and arms it; prints its ID
 *	agent-boot events BOOT ID			prints its events
 *	agent-boot serve BOOT ADDRESS HTTP TLS	serves until it's killed
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/rows.h"
#include "boot/serve.h"
#include "boot/spool.h"
#include "deploy/blocks.h"

static int write_text(const char *folder, const char *name, const struct vmm_buf *text)
{
	VMM_STR_AUTO path = NULL;
	FILE *f;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -1;
	f = fopen(path, "we");
	if (!f)
		return -1;
	fwrite(text->data, 1, text->len, f);
	return fclose(f);
}

static int open_data(const char *folder)
{
	VMM_STR_AUTO path = NULL;

	return asprintf(&path, "%s/data", folder) < 0
		       ? -1
		       : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

/* Its name here is that of its map, which is as good as that of its content. */
static int put_image(struct vmm_boot *b, char **args, struct vmm_err *err)
{
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	VMM_BUF_AUTO info = VMM_BUF_INIT;
	VMM_STR_AUTO folder = NULL;
	char sha[VMM_SHA256_HEX + 1];
	int image = open(args[0], O_RDONLY | O_CLOEXEC), data, ret;

	if (image < 0)
		return vmm_err_unreadable(err, "cannot open '%s'", args[0]);
	if (vmm_boot_image_begin(b, &folder, err) < 0)
		return err->code;
	data = open_data(folder);
	ret = vmm_blockmap_make(&m, image, args[0], data, NULL, NULL, err);
	if (ret < 0)
		return ret;
	close(data);
	vmm_blockmap_format(&text, &m);
	vmm_sha256_hex(text.data, text.len, sha);
	vmm_buf_addf(&info, "size=%" PRIu64 "\nused=%" PRIu64 "\nmap_sha256=%s\n", m.size, m.used,
		     sha);
	if (write_text(folder, "map", &text) < 0 || write_text(folder, "info", &info) < 0)
		return vmm_err_errno(err, "cannot write");
	ret = vmm_boot_image_commit(b, folder, sha, err);
	printf("{\"sha256\":\"%s\",\"map_sha256\":\"%s\",\"size\":%" PRIu64 ",\"used\":%" PRIu64
	       "}\n",
	       sha, sha, m.size, m.used);
	return ret;
}

static int put_file(struct vmm_boot *b, char **args, struct vmm_err *err)
{
	char sha[VMM_BOOT_SHA_LEN + 1];
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 ? vmm_err_unreadable(err, "cannot open '%s'", args[0])
			 : vmm_boot_file_put(b, fd, sha, err);

	if (ret == 0)
		puts(sha);
	return ret;
}

static int make_job(struct vmm_boot *b, char **args, struct vmm_err *err)
{
	char id[VMM_BOOT_ID_LEN + 1];
	VMM_STR_AUTO json = NULL;
	size_t len;
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	int custom = args[1] ? open(args[1], O_RDONLY | O_CLOEXEC) : -1;
	int ret = vmm_read_fd(args[0], fd, 1 << 20, &json, &len, err);

	if (ret == 0)
		ret = vmm_boot_job_make(b, json, custom, id, err);
	if (ret == 0)
		ret = vmm_boot_job_arm(b, id, 600, err);
	if (ret == 0)
		puts(id);
	return ret;
}

static int print_events(struct vmm_boot *b, char **args, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	uint64_t offset = 0;
	int ret = vmm_boot_events(b, args[0], &offset, &t, err);

	if (ret < 0)
		return ret;
	vmm_tsv_format(&text, t);
	fputs(text.data, stdout);
	return 0;
}

static void say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static int serve(struct vmm_boot *b, char **args, struct vmm_err *err)
{
	struct vmm_boot_serve o = {
		.boot = b, .address = args[0], .append = "console=ttyS0 quiet", .log = say
	};
	struct vmm_boot_server *s = NULL;
	uint64_t http, tls;
	int ret = vmm_num_u64("port", args[1], 1, 65535, &http, err);

	if (ret == 0)
		ret = vmm_num_u64("port", args[2], 1, 65535, &tls, err);
	if (ret < 0)
		return ret;
	o.http_port = (uint16_t)http;
	o.tls_port = (uint16_t)tls;
	ret = vmm_boot_server_new(&o, &s, err);
	if (ret == 0)
		ret = vmm_boot_server_start(s, err);
	if (ret < 0)
		return ret;
	for (;; vmm_sleep_ms(1000))
		vmm_boot_server_tick(s);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *verb;
		int args;
		int (*run)(struct vmm_boot *b, char **args, struct vmm_err *err);
	} verbs[] = { { "image", 1, put_image },
		      { "file", 1, put_file },
		      { "job", 1, make_job },
		      { "events", 1, print_events },
		      { "serve", 3, serve } };
	struct vmm_boot *b;
	struct vmm_err err = { 0 };
	int ret = VMM_EINPUT;

	if (argc < 3 || vmm_boot_open(argv[2], true, &b, &err) < 0)
		return 2;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].verb) == 0 && argc >= 3 + verbs[i].args)
			ret = verbs[i].run(b, argv + 3, &err);
	vmm_boot_close(b);
	if (ret < 0)
		fprintf(stderr, "agent-boot: %s\n", err.text);
	return ret < 0;
}
