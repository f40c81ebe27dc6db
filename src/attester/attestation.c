/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/attestation.h"

#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "evidence/document.h"
#include "evidence/host.h"
#include "evidence/probes_json.h"

/* A name for the run that nobody gave: random, or where nothing is random, as good as unique. */
static void make_run_id(char id[64], int64_t now)
{
    if (!io_random_hex(id))
        snprintf(id, 64, "t%lld-%d", (long long)now, (int)getpid());
}

static void add_identity(json_t **bundle, const struct wishes *w, const struct attestation *a)
{
    char random[64];
    char date[TEXT_TIME_SIZE];

    make_run_id(random, a->started_at);
    text_time(date, a->started_at)[10] = '\0';
    json_put(bundle, "schema_version", json_integer(1));
    json_put(bundle, "venue", json_string(w->venue));
    json_put(bundle, "venue_identity", venue_identity_json());
    json_put(bundle, "image_digest",
             document_digest(w->image_digest != NULL ? w->image_digest : ""));
    json_put(bundle, "seccomp_sha256", document_digest(a->seccomp_sha256));
    json_put(bundle, "runtime", json_string(w->runtime));
    json_put(bundle, "run_date", json_string(w->run_date != NULL ? w->run_date : date));
    json_put(bundle, "run_id", json_string(w->run_id != NULL ? w->run_id : random));
    json_put(bundle, "profile", json_string("foreign"));
    json_put(bundle, "deviations", json_array());
}

json_t *attestation_json(const struct wishes *w, const struct attestation *a)
{
    json_t *bundle = json_object();
    add_identity(&bundle, w, a);
    json_put(&bundle, "freshness",
             json_pack("{s:s, s:o, s:o, s:o}", "nonce", w->nonce, "started_at",
                       document_time(a->started_at), "finished_at", document_time(a->finished_at),
                       "boot_id_sha256", host_boot_json()));
    json_put(&bundle, "host", host_json());
    json_put(&bundle, "probes", probes_json(&a->findings, a->files));
    json_put(&bundle, "raw", raw_json(&a->findings));
    document_add_integrity(&bundle);
    return bundle;
}
