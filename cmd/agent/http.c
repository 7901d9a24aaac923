/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talk with the boot server: TLS, and only with the one whose key the ticket named. A server that is
 * away or a link that is down is waited for; what the server refuses is final.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/rows.h"

/* How long nothing at all may come through before the server or the link counts as lost. */
#define PATIENCE_MS ((uint64_t)300 * 1000)
/* Without a byte for so long, the connection is dead and a new one is tried. */
#define SILENCE_S 15L
#define WAIT_MAX_MS 5000
/* How often a server may say that it has an error of its own. */
#define SERVER_ERRORS 6
#define ANSWER_MAX ((size_t)64 * 1024)

struct agent_http {
	CURL *gets, *posts; /* two, because reports are sent while data comes in */
	char *server, *pin;
	struct curl_slist *headers;
	uint64_t deadline; /* 0: none */
};

/* One request and what comes of it. */
struct request {
	struct agent_http *h;
	CURL *curl;
	const char *path, *post; /* post NULL: GET */
	size_t post_len;
	bool range;
	uint64_t from, total; /* with range */
	agent_sink *sink;
	void *arg;
	struct vmm_err *err;
	int code;            /* what the sink, or a check of the answer, said */
	uint64_t got;        /* bytes that the sink took */
	struct vmm_buf page; /* what came with a status that is no success */
	char content_range[80];
};

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
	static const char name[] = "content-range:";
	struct request *q = arg;
	size_t len = size * n, skip = sizeof(name) - 1;

	if (len < skip || strncasecmp(bytes, name, skip) != 0)
		return len;
	while (skip < len && bytes[skip] == ' ')
		skip++;
	while (len > skip && isspace((unsigned char)bytes[len - 1]))
		len--;
	snprintf(q->content_range, sizeof(q->content_range), "%.*s", (int)(len - skip), bytes + skip);
	return size * n;
}

/* What was asked for, not an error page or another file in its place. */
static int check_range(struct request *q, long status)
{
	char expected[80];

	snprintf(expected, sizeof(expected), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, q->from,
		 q->total - 1, q->total);
	if (status == 206 && strcmp(q->content_range, expected) == 0)
		return 0;
	return vmm_err_set(q->err, VMM_EFAIL, "the server's answer is not '%s' but status %ld, '%s'",
			   expected, status, q->content_range);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct request *q = arg;
	size_t len = size * n;
	long status = 0;

	curl_easy_getinfo(q->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 300) {
		if (q->page.len + len < ANSWER_MAX)
			vmm_buf_add(&q->page, bytes, len);
		return len;
	}
	if (q->range && q->got == 0)
		q->code = check_range(q, status);
	if (q->code == 0)
		q->code = q->sink(q->arg, bytes, len, q->err);
	if (q->code < 0)
		return 0;
	q->got += len;
	return len;
}

static bool is_transient(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/* Of an error page the first line that has letters; they are not ours. */
static const char *page_line(struct request *q)
{
	char *line = q->page.data;

	while (isspace((unsigned char)*line))
		line++;
	line[strcspn(line, "\r\n")] = '\0';
	if (strlen(line) > 200)
		line[200] = '\0';
	return line;
}

/* Milliseconds; 0: there is no limit. */
static long time_left(const struct agent_http *h)
{
	uint64_t now = vmm_clock_ms();

	if (!h->deadline)
		return 0;
	return now < h->deadline ? (long)(h->deadline - now) : 1;
}

static int judge(struct request *q, CURLcode rc)
{
	long status = 0;

	if (q->code < 0)
		return q->code;
	if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return vmm_err_set(q->err, VMM_EREFUSED,
				   "the server has another key than the ticket says");
	if (rc != CURLE_OK && time_left(q->h) == 1)
		return vmm_err_set(q->err, VMM_EFAIL, "the time of this stage is over");
	if (rc != CURLE_OK)
		return vmm_err_set(q->err, is_transient(rc) ? VMM_EAGAIN : VMM_EFAIL,
				   "cannot reach the server: %s", curl_easy_strerror(rc));
	curl_easy_getinfo(q->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return 0;
	return vmm_err_set(q->err,
			   status >= 500 || status == 429 || status == 408 ? VMM_EPART : VMM_EFAIL,
			   "the server says %ld: %s", status, page_line(q));
}

/* Of the first bytes of a file that was cut: the next attempt goes on behind them. */
static int attempt(struct request *q)
{
	struct agent_http *h = q->h;
	VMM_STR_AUTO url = NULL;
	char range[32];
	CURLcode rc;

	if (asprintf(&url, "%s%s", h->server, q->path) < 0) {
		url = NULL;
		return vmm_err_nomem(q->err);
	}
	q->curl = q->post ? h->posts : h->gets;
	vmm_buf_reset(&q->page);
	q->got = 0;
	q->content_range[0] = '\0';
	snprintf(range, sizeof(range), "%" PRIu64 "-", q->from);
	curl_easy_setopt(q->curl, CURLOPT_URL, url);
	curl_easy_setopt(q->curl, CURLOPT_RANGE, q->range ? range : NULL);
	curl_easy_setopt(q->curl, CURLOPT_TIMEOUT_MS, time_left(h));
	curl_easy_setopt(q->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(q->curl, CURLOPT_WRITEDATA, q);
	curl_easy_setopt(q->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(q->curl, CURLOPT_HEADERDATA, q);
	if (q->post) {
		curl_easy_setopt(q->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(q->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->post_len);
		curl_easy_setopt(q->curl, CURLOPT_POSTFIELDS, q->post);
	} else {
		curl_easy_setopt(q->curl, CURLOPT_HTTPGET, 1L);
	}
	rc = curl_easy_perform(q->curl);
	return judge(q, rc);
}

struct patience {
	uint64_t until, wait;
	int server_errors;
};

static void be_patient(struct patience *p, const struct agent_http *h, uint64_t ms)
{
	p->until = vmm_clock_ms() + ms;
	if (h->deadline && h->deadline < p->until)
		p->until = h->deadline;
	p->wait = 250;
}

/* Whether it is to be tried once more, some time later. */
static bool again(struct patience *p, int code)
{
	if (code != VMM_EAGAIN && (code != VMM_EPART || ++p->server_errors >= SERVER_ERRORS))
		return false;
	if (vmm_clock_ms() + p->wait >= p->until)
		return false;
	vmm_sleep_ms(p->wait);
	p->wait = p->wait * 2 < WAIT_MAX_MS ? p->wait * 2 : WAIT_MAX_MS;
	return true;
}

static int final(int code)
{
	return code == VMM_EPART ? VMM_EFAIL : code;
}

static int into_buf(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct vmm_buf *b = arg;

	if (n > ANSWER_MAX - b->len)
		return vmm_err_set(err, VMM_EFAIL, "the server's answer is too long");
	vmm_buf_add(b, bytes, n);
	return b->failed ? vmm_err_nomem(err) : 0;
}

int agent_post(struct agent_http *h, const char *path, const char *text, size_t n,
	       struct vmm_buf *answer, uint64_t patience_ms, struct vmm_err *err)
{
	VMM_BUF_AUTO ignored = VMM_BUF_INIT;
	struct vmm_err own = { 0 };
	struct request q = { .h = h,
			     .path = path,
			     .post = text,
			     .post_len = n,
			     .sink = into_buf,
			     .arg = answer ? answer : &ignored,
			     .err = err ? err : &own,
			     .page = VMM_BUF_INIT };
	struct patience p = { 0 };
	int ret;

	be_patient(&p, h, patience_ms);
	do {
		vmm_buf_reset(q.arg);
		ret = attempt(&q);
	} while (again(&p, ret));
	vmm_buf_release(&q.page);
	return final(ret);
}

struct bounded {
	struct vmm_buf *out;
	size_t max;
};

static int into_bounded(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct bounded *b = arg;

	if (n > b->max - b->out->len)
		return vmm_err_set(err, VMM_EFAIL, "it is larger than %zu bytes", b->max);
	vmm_buf_add(b->out, bytes, n);
	return b->out->failed ? vmm_err_nomem(err) : 0;
}

int agent_get(struct agent_http *h, const char *path, size_t max, struct vmm_buf *out,
	      struct vmm_err *err)
{
	struct bounded b = { out, max };
	struct request q = {
		.h = h, .path = path, .sink = into_bounded, .arg = &b, .err = err, .page = VMM_BUF_INIT
	};
	struct patience p = { 0 };
	int ret;

	be_patient(&p, h, PATIENCE_MS);
	do {
		vmm_buf_reset(out);
		ret = attempt(&q);
	} while (again(&p, ret));
	vmm_buf_release(&q.page);
	return ret < 0 ? vmm_err_prefix(err, "cannot get '%s'", path), final(ret) : 0;
}

int agent_get_data(struct agent_http *h, const char *path, uint64_t total, agent_sink *sink,
		   void *arg, struct vmm_err *err)
{
	struct request q = { .h = h,
			     .path = path,
			     .range = true,
			     .total = total,
			     .sink = sink,
			     .arg = arg,
			     .err = err,
			     .page = VMM_BUF_INIT };
	struct patience p = { 0 };
	int ret = 0;

	be_patient(&p, h, PATIENCE_MS);
	while (q.from < total) {
		ret = attempt(&q);
		q.from += q.got;
		if (ret == 0 && q.from < total) /* it ended early and said it was the end */
			ret = vmm_err_set(err, VMM_EAGAIN,
					  "only %" PRIu64 " of %" PRIu64 " bytes came", q.from,
					  total);
		if (q.got)
			be_patient(&p, h, PATIENCE_MS);
		if (ret < 0 && !again(&p, ret))
			break;
		ret = 0;
	}
	vmm_buf_release(&q.page);
	return ret < 0 ? vmm_err_prefix(err, "cannot get '%s'", path), final(ret) : 0;
}

struct file_sink {
	int fd;
	uint64_t size, max;
	struct sha256_ctx hash;
};

static int into_file(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct file_sink *f = arg;
	int ret;

	if (n > f->max - f->size)
		return vmm_err_set(err, VMM_EFAIL, "it is larger than %" PRIu64 " bytes", f->max);
	ret = agent_pwrite(f->fd, bytes, n, f->size, err);
	if (ret < 0)
		return ret;
	sha256_update(&f->hash, n, (const uint8_t *)bytes);
	f->size += n;
	return 0;
}

static int check_file(struct file_sink *f, const char *sha256, uint64_t size, struct vmm_err *err)
{
	unsigned char is[SHA256_DIGEST_SIZE];
	char hex[2 * SHA256_DIGEST_SIZE + 1] = "";

	sha256_digest(&f->hash, sizeof(is), is);
	base16_encode_update(hex, sizeof(is), is);
	if ((size && f->size != size) || strcmp(hex, sha256) != 0)
		return vmm_err_set(err, VMM_EFAIL, "%" PRIu64 " bytes came, and not those expected",
				   f->size);
	return 0;
}

/* 4 GiB: larger than any driver. */
#define FILE_MAX ((uint64_t)4 << 30)

int agent_get_file(struct agent_http *h, const char *path, const char *sha256, uint64_t size,
		   const char *to, unsigned mode, struct vmm_err *err)
{
	struct file_sink f = { .max = size ? size : FILE_MAX };
	struct request q = {
		.h = h, .path = path, .sink = into_file, .arg = &f, .err = err, .page = VMM_BUF_INIT
	};
	struct patience p = { 0 };
	int ret;

	unlink(to);
	f.fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (f.fd < 0)
		return vmm_err_errno(err, "cannot make '%s'", to);
	be_patient(&p, h, PATIENCE_MS);
	do {
		f.size = 0;
		sha256_init(&f.hash);
		ret = ftruncate(f.fd, 0) < 0 ? vmm_err_errno(err, "cannot empty '%s'", to)
					     : attempt(&q);
	} while (again(&p, ret));
	vmm_buf_release(&q.page);
	if (close(f.fd) < 0 && ret == 0)
		ret = vmm_err_errno(err, "cannot write '%s'", to);
	if (ret == 0)
		ret = check_file(&f, sha256, size, err);
	if (ret < 0)
		unlink(to);
	return ret < 0 ? vmm_err_prefix(err, "cannot get '%s'", path), final(ret) : 0;
}

/* ---- the session ---- */

static int add_header(struct agent_http *h, const char *text)
{
	struct curl_slist *more = curl_slist_append(h->headers, text);

	if (!more)
		return VMM_ENOMEM;
	h->headers = more;
	curl_easy_setopt(h->gets, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->posts, CURLOPT_HTTPHEADER, h->headers);
	return 0;
}

static char *ticket_json(const struct agent_ticket *t, const struct agent_hardware *hw)
{
	json_t *all = agent_hardware_json(hw), *macs = json_array(), *asked;
	char *text;

	for (size_t i = 0; i < hw->n_nics; i++)
		json_array_append_new(macs, json_string(hw->nics[i].mac));
	asked = json_pack("{s:s, s:O, s:O, s:o}", "token", t->token, "uuid",
			  json_object_get(all, "uuid"), "serial", json_object_get(all, "serial"),
			  "macs", macs);
	text = asked ? json_dumps(asked, JSON_COMPACT) : NULL;
	json_decref(asked);
	json_decref(all);
	return text;
}

static int take_session(struct agent_http *h, const struct vmm_buf *answer, struct vmm_err *err)
{
	json_t *said = json_loadb(answer->data, answer->len, JSON_REJECT_DUPLICATES, NULL);
	const char *key = json_string_value(json_object_get(said, "session"));
	VMM_STR_AUTO header = NULL;
	int ret = 0;

	if (!key || !*key || strpbrk(key, "\r\n \t"))
		ret = vmm_err_set(err, VMM_EFAIL, "the server gave no session");
	else if (asprintf(&header, "Authorization: Bearer %s", key) < 0 || add_header(h, header) < 0)
		ret = vmm_err_nomem(err);
	json_decref(said);
	return ret;
}

int agent_authorise(struct agent_http *h, const struct agent_ticket *t,
		    const struct agent_hardware *hw, struct vmm_err *err)
{
	VMM_STR_AUTO asked = ticket_json(t, hw);
	VMM_BUF_AUTO answer = VMM_BUF_INIT;
	int ret;

	if (!asked)
		return vmm_err_nomem(err);
	ret = agent_post(h, "/v1/ticket", asked, strlen(asked), &answer, PATIENCE_MS, err);
	explicit_bzero(asked, strlen(asked));
	if (ret == 0)
		ret = take_session(h, &answer, err);
	if (ret < 0)
		vmm_err_prefix(err, "cannot use the ticket");
	return ret;
}

/* ---- life ---- */

/*
 * The one that every server of TLS 1.3 has. Without the processor's help, as in an emulated machine, it
 * is more than twice as fast as the others, and that is what the writing of an image waits for then.
 */
#define CIPHER "TLS_AES_128_GCM_SHA256"

/* Only the key counts: the certificate is the server's own, and no name was agreed on. */
static int set_up(CURL *curl, const char *pin)
{
	/* A libcurl that can't do this would talk to anybody. */
	if (curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pin) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK)
		return VMM_EFAIL;
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(curl, CURLOPT_TLS13_CIPHERS, CIPHER);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "vmm-agent/" VMM_VERSION);
	return 0;
}

int agent_http_new(const struct agent_ticket *t, struct agent_http **out, struct vmm_err *err)
{
	struct agent_http *h = calloc(1, sizeof(*h));
	const char *prefix = strncmp(t->pin, "sha256//", 8) == 0 ? "" : "sha256//";

	if (!h)
		return vmm_err_nomem(err);
	h->gets = curl_easy_init();
	h->posts = curl_easy_init();
	h->server = strdup(t->server);
	if (asprintf(&h->pin, "%s%s", prefix, t->pin) < 0)
		h->pin = NULL;
	/* Without this, curl asks before it sends more than a kilobyte. */
	if (!h->gets || !h->posts || !h->server || !h->pin || add_header(h, "Expect:") < 0 ||
	    add_header(h, "Content-Type: application/json") < 0) {
		agent_http_free(h);
		return vmm_err_nomem(err);
	}
	if (set_up(h->gets, h->pin) < 0 || set_up(h->posts, h->pin) < 0) {
		agent_http_free(h);
		return vmm_err_set(err, VMM_EFAIL, "libcurl here doesn't check a server's key");
	}
	*out = h;
	return 0;
}

void agent_http_free(struct agent_http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->gets);
	curl_easy_cleanup(h->posts);
	curl_slist_free_all(h->headers);
	free(h->server);
	free(h->pin);
	free(h);
}

void agent_http_deadline(struct agent_http *h, uint64_t deadline)
{
	h->deadline = deadline;
}
