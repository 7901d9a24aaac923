/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's key, made once. Agents know it by the hash of its public half, which stands in their ticket,
 * so the certificate around it is nobody's to check.
 */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "boot/serve-internal.h"

#define FILE_MAX ((size_t)64 << 10)
#define YEAR_S 31557600

static int wrong(struct vmm_err *err, const char *what, int code)
{
	return vmm_err_set(err, VMM_EFAIL, "cannot %s: %s", what, gnutls_strerror(code));
}

static int make_key(const struct vmm_boot *b, struct vmm_err *err)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem = { NULL, 0 };
	int ret = gnutls_x509_privkey_init(&key);

	if (ret < 0)
		return wrong(err, "make a key", ret);
	ret = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					   GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (ret == 0)
		ret = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	if (ret < 0)
		wrong(err, "make a key", ret);
	else
		ret = vmm__boot_put(b, "tls", "key.pem", 0600, (char *)pem.data, pem.size, true, err);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(key);
	return ret < 0 ? VMM_EFAIL : 0;
}

static int fill_cert(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *address)
{
	static const char name[] = "boot-serve";
	unsigned char serial[16];
	time_t now = time(NULL);
	int ret = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] &= 0x7f;
	serial[0] |= 1;
	if (ret == 0)
		ret = gnutls_x509_crt_set_version(cert, 3);
	if (ret == 0)
		ret = gnutls_x509_crt_set_serial(cert, serial, sizeof(serial));
	if (ret == 0)
		ret = gnutls_x509_crt_set_activation_time(cert, now - YEAR_S);
	if (ret == 0)
		ret = gnutls_x509_crt_set_expiration_time(cert, now + 20 * (time_t)YEAR_S);
	if (ret == 0)
		ret = gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						    sizeof(name) - 1);
	if (ret == 0)
		ret = gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, address,
							   (unsigned)strlen(address),
							   GNUTLS_FSAN_SET);
	if (ret == 0)
		ret = gnutls_x509_crt_set_key(cert, key);
	return ret == 0 ? gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) : ret;
}

static int make_cert(struct vmm_boot_server *s, gnutls_x509_privkey_t key, struct vmm_err *err)
{
	gnutls_x509_crt_t cert;
	gnutls_datum_t pem = { NULL, 0 };
	int ret = gnutls_x509_crt_init(&cert);

	if (ret < 0)
		return wrong(err, "make a certificate", ret);
	ret = fill_cert(cert, key, s->o.address);
	if (ret == 0)
		ret = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
	if (ret < 0)
		wrong(err, "make a certificate", ret);
	else
		ret = vmm__boot_put(s->o.boot, "tls", "cert.pem", 0640, (char *)pem.data, pem.size,
				    true, err);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(cert);
	return ret < 0 ? VMM_EFAIL : 0;
}

static int read_key(struct vmm_boot_server *s, gnutls_x509_privkey_t *key, struct vmm_err *err)
{
	gnutls_datum_t pem = { (unsigned char *)s->key, (unsigned)strlen(s->key) };
	int ret = gnutls_x509_privkey_init(key);

	if (ret < 0)
		return wrong(err, "read the key", ret);
	ret = gnutls_x509_privkey_import(*key, &pem, GNUTLS_X509_FMT_PEM);
	if (ret == 0)
		return 0;
	gnutls_x509_privkey_deinit(*key);
	return wrong(err, "read the key 'tls/key.pem'", ret);
}

static void write_pin(struct vmm_boot_server *s, const gnutls_datum_t *der)
{
	static const char kind[] = "sha256//";
	struct sha256_ctx hash;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";

	sha256_init(&hash);
	sha256_update(&hash, der->size, der->data);
	sha256_digest(&hash, sizeof(digest), digest);
	base64_encode_raw(text, sizeof(digest), digest);
	snprintf(s->pin, sizeof(s->pin), "%s%s", kind, text);
}

static int find_pin(struct vmm_boot_server *s, gnutls_x509_privkey_t key, struct vmm_err *err)
{
	gnutls_privkey_t private;
	gnutls_pubkey_t public;
	gnutls_datum_t der = { NULL, 0 };
	int ret = gnutls_privkey_init(&private);

	if (ret < 0)
		return wrong(err, "read the key", ret);
	ret = gnutls_pubkey_init(&public);
	if (ret == 0) {
		ret = gnutls_privkey_import_x509(private, key, 0);
		if (ret == 0)
			ret = gnutls_pubkey_import_privkey(public, private, 0, 0);
		if (ret == 0)
			ret = gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &der);
		gnutls_pubkey_deinit(public);
	}
	if (ret == 0)
		write_pin(s, &der);
	gnutls_free(der.data);
	gnutls_privkey_deinit(private);
	return ret < 0 ? wrong(err, "read the key", ret) : 0;
}

static int read_cert(struct vmm_boot_server *s, gnutls_x509_privkey_t key, struct vmm_err *err)
{
	size_t len;
	int ret = 0;

	if (!vmm__boot_has(s->o.boot, "tls/cert.pem"))
		ret = make_cert(s, key, err);
	if (ret == 0)
		ret = find_pin(s, key, err);
	return ret == 0 ? vmm__boot_read(s->o.boot, "tls/cert.pem", FILE_MAX, &s->cert, &len, err)
			: ret;
}

int vmm__boot_tls_load(struct vmm_boot_server *s, struct vmm_err *err)
{
	gnutls_x509_privkey_t key;
	size_t len;
	int ret = 0;

	if (!vmm__boot_has(s->o.boot, "tls/key.pem"))
		ret = make_key(s->o.boot, err);
	if (ret == 0)
		ret = vmm__boot_read(s->o.boot, "tls/key.pem", FILE_MAX, &s->key, &len, err);
	if (ret == 0)
		ret = read_key(s, &key, err);
	if (ret < 0)
		return ret;
	ret = read_cert(s, key, err);
	gnutls_x509_privkey_deinit(key);
	return ret;
}
