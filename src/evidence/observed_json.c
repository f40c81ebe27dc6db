/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/observed_json.h"

#include "base/sha256.h"
#include "evidence/document.h"
#include "rules/procfs.h"

static void add_status(json_t **object, const char *status)
{
    for (size_t i = 0; status_compared[i] != NULL; i++) {
        char value[64];

        json_put(object, status_compared[i],
                 status_value(status, status_compared[i], value, sizeof value)
                     ? document_string(value)
                     : json_null());
    }
}

static json_t *look_json(const struct observed *o)
{
    json_t *namespaces = json_object();
    json_t *object;
    char digest[DIGEST_TEXT_SIZE];
    char net_dev[DIGEST_TEXT_SIZE];

    if (!o->valid) {
        json_decref(namespaces);
        return json_null();
    }
    for (int ns = 0; ns < N_NS; ns++)
        json_put(&namespaces, ns_name((enum ns)ns), json_integer((json_int_t)o->ns[ns]));
    object =
        json_pack("{s:o, s:s, s:s, s:o, s:o}", "namespaces", namespaces, "mountinfo_sha256",
                  sha256_text(digest, o->mountinfo.bytes, o->mountinfo.length), "net_dev_sha256",
                  sha256_text(net_dev, o->net_dev.bytes, o->net_dev.length), "uid_map",
                  document_string(o->uid_map), "gid_map", document_string(o->gid_map));
    add_status(&object, o->status.bytes);
    return object;
}

json_t *observations_json(const struct launch_result *r)
{
    return json_pack("{s:o, s:o}", "before_exec", look_json(&r->before), "after_exec",
                     look_json(&r->after));
}
