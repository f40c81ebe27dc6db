/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/attestation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "evidence/document.h"
#include "evidence/host.h"
#include "evidence/probes_json.h"

/* A name for the run that nobody gave: random, or where nothing is random, as good as unique. */
static void make_run_id(char id[64], int64_t now)
{
    if (!io_random_hex(id))
        snprintf(id, 64, "t%lld-%d", (long long)now, (int)getpid());
}

static void add_identity(json_t *bundle, const struct wishes *w, const struct attestation *a)
{
    json_t *started = document_time(a->started_at);
    char random[64];
    char date[11] = "";

    make_run_id(random, a->started_at);
    if (json_is_string(started))
        memcpy(date, json_string_value(started), 10);
    json_object_set_new(bundle, "schema_version", json_integer(1));
    json_object_set_new(bundle, "venue", json_string(w->venue));
    json_object_set_new(bundle, "venue_identity", venue_identity_json());
    json_object_set_new(bundle, "image_digest",
                        document_digest(w->image_digest != NULL ? w->image_digest : ""));
    json_object_set_new(bundle, "seccomp_sha256", document_digest(a->seccomp_sha256));
    json_object_set_new(bundle, "runtime", json_string(w->runtime));
    json_object_set_new(bundle, "run_date", json_string(w->run_date != NULL ? w->run_date : date));
    json_object_set_new(bundle, "run_id", json_string(w->run_id != NULL ? w->run_id : random));
    json_object_set_new(bundle, "profile", json_string("foreign"));
    json_object_set_new(bundle, "deviations", json_array());
    json_decref(started);
}

json_t *attestation_json(const struct wishes *w, const struct attestation *a)
{
    json_t *bundle = json_object();
    char boot[72];

    if (bundle == NULL)
        return NULL;
    host_boot_digest(boot);
    add_identity(bundle, w, a);
    json_object_set_new(bundle, "freshness",
                        json_pack("{s:s, s:o, s:o, s:o}", "nonce", w->nonce, "started_at",
                                  document_time(a->started_at), "finished_at",
                                  document_time(a->finished_at), "boot_id_sha256",
                                  document_digest(boot)));
    json_object_set_new(bundle, "host", host_json());
    json_object_set_new(bundle, "probes", probes_json(&a->findings, a->files));
    json_object_set_new(bundle, "raw", raw_json(&a->findings));
    if (!document_add_integrity(bundle)) {
        json_decref(bundle);
        return NULL;
    }
    return bundle;
}
