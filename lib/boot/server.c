/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot/serve-internal.h"

#define BACKLOG 128

static int listen_at(const char *address, uint16_t port, int *out, struct vmm_err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd, on = 1;

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no IPv4 address", address);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, BACKLOG) < 0) {
		vmm_err_errno(err, "cannot listen at %s port %u", address, port);
		if (fd >= 0)
			close(fd);
		return VMM_EFAIL;
	}
	*out = fd;
	return 0;
}

int vmm_boot_server_new(const struct vmm_boot_serve *o, struct vmm_boot_server **out,
			struct vmm_err *err)
{
	struct vmm_boot_server *s = calloc(1, sizeof(*s));
	int ret = 0;

	if (!s)
		return vmm_err_nomem(err);
	s->o = *o;
	s->http_fd = s->tls_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	s->index = vmm__boot_index_new();
	if (!s->index)
		ret = vmm_err_nomem(err);
	if (ret == 0)
		ret = listen_at(o->address, o->http_port, &s->http_fd, err);
	if (ret == 0)
		ret = listen_at(o->address, o->tls_port, &s->tls_fd, err);
	if (ret < 0)
		vmm_boot_server_free(s);
	else
		*out = s;
	return ret;
}

int vmm_boot_server_start(struct vmm_boot_server *s, struct vmm_err *err)
{
	int ret = vmm__boot_tls_load(s, err);

	if (ret < 0)
		return ret;
	s->tls = vmm__boot_listen(s, true);
	s->http = s->tls ? vmm__boot_listen(s, false) : NULL;
	if (!s->http)
		return vmm_err_errno(err, "cannot start the HTTP server");
	vmm__boot_say(s, "start", NULL, NULL, "http %u, tls %u, pin %s", s->o.http_port,
		      s->o.tls_port, s->pin);
	return 0;
}

void vmm_boot_server_tick(struct vmm_boot_server *s)
{
	vmm__boot_conns_sweep(s);
}

void vmm_boot_server_reload(struct vmm_boot_server *s)
{
	vmm__boot_index_forget(s->index);
}

/* libmicrohttpd closes the socket of a daemon that it has started. */
static void stop(struct MHD_Daemon *d, int fd)
{
	if (d)
		MHD_stop_daemon(d);
	else if (fd >= 0)
		close(fd);
}

void vmm_boot_server_free(struct vmm_boot_server *s)
{
	if (!s)
		return;
	stop(s->http, s->http_fd);
	stop(s->tls, s->tls_fd);
	vmm__boot_index_free(s->index);
	pthread_mutex_destroy(&s->lock);
	free(s->key);
	free(s->cert);
	free(s);
}
