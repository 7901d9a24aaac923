/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers with a point, shares, and amounts that may be either. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "group/internal.h"

#define PLACES 6
#define WHOLE_MAX 9

enum vmm_resource vmm__resource(const char *name)
{
	size_t r = 0;

	while (vmm_resource_names[r] && strcmp(vmm_resource_names[r], name) != 0)
		r++;
	return (enum vmm_resource)r;
}

/* Digits, or digits with a point and up to PLACES digits. Whole numbers below, so that no locale matters. */
static bool read_decimal(const char *s, size_t len, double *out)
{
	size_t whole = strspn(s, "0123456789"), places = 0;
	uint64_t n = 0, scale = 1;

	if (!whole || whole > WHOLE_MAX)
		return false;
	if (whole < len && s[whole] == '.')
		places = strspn(s + whole + 1, "0123456789");
	if (places > PLACES || whole + (places ? places + 1 : 0) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] != '.')
			n = n * 10 + (uint64_t)(s[i] - '0');
	while (places-- > 0)
		scale *= 10;
	*out = (double)n / (double)scale;
	return true;
}

int vmm__decimal(const char *what, const char *text, double max, double *out, struct vmm_err *err)
{
	double n;

	if (!read_decimal(text, strlen(text), &n))
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is not a number such as 1 or 0.25",
				   what, text);
	if (n > max)
		return vmm_err_set(err, VMM_EINPUT, "%s: %s is more than %g", what, text, max);
	*out = n;
	return 0;
}

static bool is_percentage(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '%';
}

int vmm__percentage(const char *what, const char *text, double max, double *out, struct vmm_err *err)
{
	double n;

	if (!is_percentage(text) || !read_decimal(text, strlen(text) - 1, &n))
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is not a percentage such as 80%%",
				   what, text);
	if (n > max)
		return vmm_err_set(err, VMM_EINPUT, "%s: %s is more than %g%%", what, text, max);
	*out = n / 100;
	return 0;
}

int vmm__amount(const char *what, const char *text, enum vmm_resource r, struct vmm_amount *out,
		struct vmm_err *err)
{
	struct vmm_amount a = { 0 };
	int code;

	if (is_percentage(text))
		code = vmm__percentage(what, text, 100, &a.share, err);
	else if (r == VMM_CPU)
		code = vmm_num_u64(what, text, 0, 1 << 20, &a.fixed, err);
	else
		code = vmm_num_size(what, text, &a.fixed, err);
	if (!code)
		*out = a;
	return code;
}
