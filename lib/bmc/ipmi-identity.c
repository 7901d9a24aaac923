/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a BMC says of itself: device ID, system GUID, and the inventory (FRU) of the server's board. */
#include <freeipmi/freeipmi.h>
#include <string.h>

#include "bmc/internal.h"

#define APP IPMI_NET_FN_APP_RQ

/* A field of the FRU as text, where there is none yet. */
static void take(ipmi_fru_ctx_t fru, uint8_t language, const ipmi_fru_field_t *field,
		 char out[VMM_BMC_TEXT_LEN])
{
	char text[IPMI_FRU_AREA_STRING_MAX + 1] = "";
	unsigned len = IPMI_FRU_AREA_STRING_MAX;

	if (*out || !field->type_length_field_length ||
	    ipmi_fru_type_length_field_to_string(fru, field->type_length_field,
						 field->type_length_field_length, language, text,
						 &len) < 0)
		return;
	len = (unsigned)strnlen(text, VMM_BMC_TEXT_LEN - 1);
	while (len && text[len - 1] == ' ')
		len--;
	memcpy(out, text, len);
	out[len] = '\0';
}

struct area {
	unsigned type, length;
	uint8_t data[IPMI_FRU_AREA_SIZE_MAX + 1];
};

static void take_product(ipmi_fru_ctx_t fru, const struct area *a, struct vmm_bmc_identity *id)
{
	ipmi_fru_field_t maker = { 0 }, name = { 0 }, serial = { 0 };
	uint8_t language = 0;

	if (ipmi_fru_product_info_area(fru, a->data, a->length, &language, &maker, &name, NULL,
				       NULL, &serial, NULL, NULL, NULL, 0) < 0)
		return;
	take(fru, language, &maker, id->manufacturer);
	take(fru, language, &name, id->product);
	take(fru, language, &serial, id->serial);
}

static void take_chassis(ipmi_fru_ctx_t fru, const struct area *a, struct vmm_bmc_identity *id)
{
	ipmi_fru_field_t serial = { 0 };

	if (ipmi_fru_chassis_info_area(fru, a->data, a->length, NULL, NULL, &serial, NULL, 0) == 0)
		take(fru, 25, &serial, id->serial); /* 25: English */
}

static void take_board(ipmi_fru_ctx_t fru, const struct area *a, struct vmm_bmc_identity *id)
{
	ipmi_fru_field_t maker = { 0 }, name = { 0 }, serial = { 0 };
	uint8_t language = 0;

	if (ipmi_fru_board_info_area(fru, a->data, a->length, &language, NULL, &maker, &name,
				     &serial, NULL, NULL, NULL, 0) < 0)
		return;
	take(fru, language, &maker, id->manufacturer);
	take(fru, language, &name, id->product);
	take(fru, language, &serial, id->serial);
}

/* All areas of one kind. The product is what the machine says of itself (SMBIOS type 1), the others stand in. */
static void take_areas(ipmi_fru_ctx_t fru, unsigned type, struct area *a, struct vmm_bmc_identity *id)
{
	if (ipmi_fru_first(fru) < 0)
		return;
	do {
		if (ipmi_fru_read_data_area(fru, &a->type, &a->length, a->data,
					    IPMI_FRU_AREA_SIZE_MAX) < 0 ||
		    a->type != type)
			continue;
		if (type == IPMI_FRU_AREA_TYPE_PRODUCT_INFO_AREA)
			take_product(fru, a, id);
		else if (type == IPMI_FRU_AREA_TYPE_CHASSIS_INFO_AREA)
			take_chassis(fru, a, id);
		else
			take_board(fru, a, id);
	} while (ipmi_fru_next(fru) > 0);
}

/* Many have no FRU, or a broken one: what can't be had stays empty. */
static int read_fru(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err)
{
	static const unsigned order[] = { IPMI_FRU_AREA_TYPE_PRODUCT_INFO_AREA,
					  IPMI_FRU_AREA_TYPE_CHASSIS_INFO_AREA,
					  IPMI_FRU_AREA_TYPE_BOARD_INFO_AREA };
	ipmi_fru_ctx_t fru = ipmi_fru_ctx_create(b->session);
	struct area *a = malloc(sizeof(*a));

	if (fru && a && ipmi_fru_open_device_id(fru, IPMI_FRU_DEVICE_ID_DEFAULT) == 0)
		for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
			take_areas(fru, order[i], a, id);
	if (fru)
		ipmi_fru_ctx_destroy(fru);
	free(a);
	return fru && a ? 0 : vmm_err_nomem(err);
}

static int read_guid(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err)
{
	static const unsigned char rq[] = { IPMI_CMD_GET_SYSTEM_GUID };
	static const struct vmm__ipmi_command cmd = { APP, "system GUID", rq, sizeof(rq), 16 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = vmm__ipmi_call(b, &cmd, rs, err);

	if (rc < 0)
		return rc == VMM_EAGAIN ? rc : 0;
	memcpy(id->guid, rs, sizeof(id->guid));
	id->has_guid = true;
	vmm__bmc_guid_uuid(id->guid, id->uuid);
	return 0;
}

/* Who made the BMC, where the FRU doesn't say who made the server. */
static int read_device(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err)
{
	static const unsigned char rq[] = { IPMI_CMD_GET_DEVICE_ID };
	static const struct vmm__ipmi_command cmd = { APP, "device ID", rq, sizeof(rq), 9 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = vmm__ipmi_call(b, &cmd, rs, err);

	if (rc == 0 && !*id->manufacturer &&
	    ipmi_iana_enterprise_numbers_string(rs[6] | (uint32_t)rs[7] << 8 |
							(uint32_t)(rs[8] & 15) << 16,
						id->manufacturer, VMM_BMC_TEXT_LEN - 1) <= 0)
		id->manufacturer[0] = '\0';
	return rc;
}

int vmm__ipmi_identify(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err)
{
	struct vmm_bmc_identity got = { .has_guid = false };
	int rc = read_guid(b, &got, err);

	if (rc == 0)
		rc = read_fru(b, &got, err);
	if (rc == 0)
		rc = read_device(b, &got, err);
	if (rc == 0)
		*id = got;
	return rc;
}
