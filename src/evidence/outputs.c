/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/outputs.h"

#include <string.h>

#include "evidence/document.h"

const char *outputs_state_name(enum outputs_state state)
{
    static const char *const names[] = {"discarded", "left", "published", "withheld"};

    return names[state];
}

static json_t *oddities(unsigned odd)
{
    json_t *list = json_array();

    for (int i = 0; i < N_ODDITIES; i++) {
        if ((odd & ODD_BIT(i)) != 0)
            json_append(&list, json_string(oddity_words((enum oddity)i)));
    }
    return list;
}

static json_t *output_json(const struct audit_row *row)
{
    json_int_t size = S_ISREG(row->st.st_mode) ? (json_int_t)row->st.st_size : 0;

    return json_pack("{s:o, s:o, s:s, s:I, s:o, s:o}", "path", document_string(row->path),
                     "path_b64", document_base64(row->path, strlen(row->path)), "type",
                     oddity_type(row->st.st_mode), "size", size, "sha256",
                     document_digest(row->sha256), "odd", oddities(row->odd));
}

void outputs_add(json_t **result, const struct outputs *outputs)
{
    const struct audit *a = &outputs->audit;
    json_t *list = json_array();
    bool complete = !outputs->unknown && !a->endless && a->entries == a->n_rows;

    for (size_t i = 0; list != NULL && i < a->n_rows; i++)
        json_append(&list, output_json(&a->rows[i]));
    json_put(result, "outputs", list);
    json_put(result, "outputs_state", json_string(outputs_state_name(outputs->state)));
    json_put(result, "outputs_entries", json_integer((json_int_t)a->entries));
    json_put(result, "outputs_odd", json_integer((json_int_t)a->odd));
    json_put(result, "outputs_complete", json_boolean(complete));
}
