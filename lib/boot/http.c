/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests on their way in: which route, whether it may, its body, its answer. A session is asked for before
 * the first byte of a body is taken.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/num.h"
#include "boot/serve-internal.h"

#define THREADS 4
#define CONNECTIONS 256
#define CONNECTIONS_ADDRESS 32
#define IDLE_S 30
#define TOO_LARGE 413 /* its name changed from one libmicrohttpd to the next */
#define HEADER_MAX ((size_t)16 << 10)

static const char bearer[] = "Bearer ";

static void read_peer(struct vmm__boot_request *r)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = info ? info->client_addr : NULL;

	snprintf(r->peer, sizeof(r->peer), "?");
	if (a && a->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr,
			  r->peer, sizeof(r->peer));
}

static enum MHD_Result refuse(struct vmm__boot_request *r, unsigned status)
{
	static const char text[] = "refused\n";
	struct MHD_Response *answer = MHD_create_response_from_buffer(strlen(text),
								      (void *)(uintptr_t)text,
								      MHD_RESPMEM_PERSISTENT);
	enum MHD_Result sent;

	vmm__boot_say(r->s, "refused", r->peer, *r->job ? r->job : NULL, "%u %s", status, r->url);
	sent = answer ? MHD_queue_response(r->connection, status, answer) : MHD_NO;
	if (answer)
		MHD_destroy_response(answer);
	return sent;
}

static bool fits(const struct vmm__boot_route *route, const char *method, const char *url)
{
	bool get = !route->once && strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;

	if (!get && strcmp(method, route->method) != 0)
		return false;
	return route->prefix ? strncmp(url, route->path, strlen(route->path)) == 0
			     : strcmp(url, route->path) == 0;
}

static const struct vmm__boot_route *find_route(const struct vmm__boot_route *routes,
						const char *method, const char *url)
{
	for (; routes->path; routes++)
		if (fits(routes, method, url))
			return routes;
	return NULL;
}

/* Refused where there is none; the job hears of one that is another's. */
static unsigned check_session(struct vmm__boot_request *r)
{
	const char *given = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_AUTHORIZATION);
	char id[VMM_BOOT_ID_LEN + 1];
	struct vmm_err err;
	int ret;

	if (!given || strncmp(given, bearer, strlen(bearer)) != 0)
		return MHD_HTTP_FORBIDDEN;
	ret = vmm_boot_session_find(r->s->o.boot, given + strlen(bearer), r->peer, id, &err);
	if (ret == 0) {
		memcpy(r->job, id, sizeof(id));
		r->key = given + strlen(bearer);
	} else if (ret == VMM_EREFUSED) {
		vmm__boot_tell(r, id, 3, "refused", "%s asked with a session: %s", r->peer, err.text);
	}
	return ret == 0 ? 0 : MHD_HTTP_FORBIDDEN;
}

/* What it says of its body's length, if it does. */
static unsigned check_length(struct vmm__boot_request *r)
{
	const char *text = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t n;

	if (text && vmm_num_u64("length", text, 0, r->route->body_max, &n, NULL) < 0)
		return TOO_LARGE;
	return 0;
}

static unsigned check(struct vmm__boot_request *r)
{
	unsigned status = r->route ? 0 : MHD_HTTP_NOT_FOUND;

	if (!status && r->route->session)
		status = check_session(r);
	return status ? status : check_length(r);
}

static enum MHD_Result begin(struct vmm_boot_server *s, const struct vmm__boot_route *routes,
			     struct MHD_Connection *c, const char *url, const char *method,
			     void **context)
{
	struct vmm__boot_request *r = calloc(1, sizeof(*r));
	unsigned status;

	if (!r)
		return MHD_NO;
	*context = r;
	r->s = s;
	r->connection = c;
	r->url = url;
	r->body = (struct vmm_buf)VMM_BUF_INIT;
	r->route = find_route(routes, method, url);
	read_peer(r);
	status = check(r);
	return status ? refuse(r, status) : MHD_YES;
}

static enum MHD_Result take_body(struct vmm__boot_request *r, const char *bytes, size_t *n)
{
	if (r->body.len + *n > r->route->body_max) {
		vmm__boot_say(r->s, "refused", r->peer, *r->job ? r->job : NULL,
			      "%u %s: its body has no end", TOO_LARGE, r->url);
		return MHD_NO;
	}
	vmm_buf_add(&r->body, bytes, *n);
	*n = 0;
	return r->body.failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result handle(struct vmm_boot_server *s, const struct vmm__boot_route *routes,
			      struct MHD_Connection *c, const char *url, const char *method,
			      const char *bytes, size_t *n, void **context)
{
	struct vmm__boot_request *r = *context;
	unsigned status;

	if (!r)
		return begin(s, routes, c, url, method, context);
	if (*n)
		return take_body(r, bytes, n);
	vmm__boot_conn_busy(s, c, r);
	status = r->route->answer(r);
	return status ? refuse(r, status) : MHD_YES;
}

static enum MHD_Result on_http(void *server, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *bytes,
			       size_t *n, void **context)
{
	(void)version;
	return handle(server, vmm__boot_http_routes, c, url, method, bytes, n, context);
}

static enum MHD_Result on_tls(void *server, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *bytes, size_t *n,
			      void **context)
{
	(void)version;
	return handle(server, vmm__boot_tls_routes, c, url, method, bytes, n, context);
}

static void on_completed(void *server, struct MHD_Connection *c, void **context,
			 enum MHD_RequestTerminationCode how)
{
	struct vmm__boot_request *r = *context;

	(void)how;
	vmm__boot_conn_busy(server, c, NULL);
	if (!r)
		return;
	vmm_buf_release(&r->body);
	free(r);
	*context = NULL;
}

struct MHD_Daemon *vmm__boot_listen(struct vmm_boot_server *s, bool tls)
{
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, s->key },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | (tls ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, tls ? on_tls : on_http, s,
				MHD_OPTION_LISTEN_SOCKET, tls ? s->tls_fd : s->http_fd,
				MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_ADDRESS,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MAX,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
				vmm__boot_conn_notify, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
				s, MHD_OPTION_ARRAY, tls ? secure : none, MHD_OPTION_END);
}
