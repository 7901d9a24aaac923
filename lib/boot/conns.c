/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections by how long they take. libmicrohttpd ends those that are silent; a client that sends or takes
 * a byte now and then is ended here. So is what a session gets when that is over.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "boot/serve-internal.h"

#define WAIT_MS 30000     /* for a whole request, TLS handshake and all */
#define ANSWER_MS 3600000 /* until the answer is taken */

struct vmm__boot_conn {
	int fd;
	bool busy;
	uint64_t since;
	char key[VMM_BOOT_SECRET_LEN + 1]; /* of the session that it is answered for; "": of none */
	char peer[VMM__BOOT_ADDRESS];
	struct vmm__boot_conn *next, **link;
};

static void add(struct vmm_boot_server *s, struct MHD_Connection *c, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct vmm__boot_conn *conn = info ? calloc(1, sizeof(*conn)) : NULL;

	*context = conn;
	if (!conn)
		return;
	conn->fd = info->connect_fd;
	conn->since = vmm_clock_ms();
	conn->link = &s->conns;
	conn->next = s->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	s->conns = conn;
}

static void drop(void **context)
{
	struct vmm__boot_conn *conn = *context;

	if (!conn)
		return;
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	free(conn);
	*context = NULL;
}

/* The descriptor is closed after this says so, so under the lock those in the list are open. */
void vmm__boot_conn_notify(void *server, struct MHD_Connection *c, void **context,
			   enum MHD_ConnectionNotificationCode what)
{
	struct vmm_boot_server *s = server;

	pthread_mutex_lock(&s->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		add(s, c, context);
	else
		drop(context);
	pthread_mutex_unlock(&s->lock);
}

static struct vmm__boot_conn *find(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* What was posted is answered even if it has ended the session. */
static void note_session(struct vmm__boot_conn *conn, const struct vmm__boot_request *r)
{
	if (!r->key || strcmp(r->route->method, "GET") != 0)
		return;
	snprintf(conn->key, sizeof(conn->key), "%s", r->key);
	memcpy(conn->peer, r->peer, sizeof(r->peer));
}

void vmm__boot_conn_busy(struct vmm_boot_server *s, struct MHD_Connection *c,
			 const struct vmm__boot_request *r)
{
	struct vmm__boot_conn *conn = find(c);

	if (!conn)
		return;
	pthread_mutex_lock(&s->lock);
	conn->busy = r;
	conn->since = vmm_clock_ms();
	*conn->key = '\0';
	if (r)
		note_session(conn, r);
	pthread_mutex_unlock(&s->lock);
}

static bool is_over(struct vmm_boot_server *s, const struct vmm__boot_conn *c, uint64_t now)
{
	char id[VMM_BOOT_ID_LEN + 1];

	return now - c->since > (c->busy ? ANSWER_MS : WAIT_MS) ||
	       (*c->key && vmm_boot_session_find(s->o.boot, c->key, c->peer, id, NULL) < 0);
}

void vmm__boot_conns_sweep(struct vmm_boot_server *s)
{
	uint64_t now = vmm_clock_ms();

	pthread_mutex_lock(&s->lock);
	for (struct vmm__boot_conn *c = s->conns; c; c = c->next)
		if (is_over(s, c, now))
			shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}
