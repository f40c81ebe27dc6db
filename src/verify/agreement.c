/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rules/control.h"
#include "rules/procfs.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/venue.h"

/* The namespaces that the kernel makes when it boots have the numbers PROC_*_INIT_INO, below
 * 0xf0000000; those of net and mnt, before they had one there, the first two above. A number has 32
 * bits. */
#define NAMESPACE_LAST 0xffffffffLL
#define BOOT_NAMESPACE_END 0xf0000002LL

static void check_namespaces(struct verification *v, const json_t *look)
{
    const json_t *spaces = field(look, "namespaces");
    const char *name;
    const char *other;
    const json_t *inode;
    const json_t *second;

    json_object_foreach((json_t *)(uintptr_t)spaces, name, inode)
    {
        json_int_t number = json_integer_value(inode);

        if (number < BOOT_NAMESPACE_END || number > NAMESPACE_LAST)
            note(v, REASON_NAMESPACES, "%s is not one of its own", name);
        json_object_foreach((json_t *)(uintptr_t)spaces, other, second)
        {
            /* nsfs numbers all kinds together. */
            if (strcmp(name, other) < 0 && json_integer_value(second) == number)
                note(v, REASON_NAMESPACES, "%s and %s are the same", name, other);
        }
    }
}

/* Nobody brings lo up in a new network namespace: nothing can have passed it. */
static void check_network(struct verification *v)
{
    const char *text = v->findings.raw[RAW_NET_DEV].bytes;
    char names[256];
    bool used;

    if (text != NULL && net_dev_names(text, names, sizeof names, &used) && used)
        note(v, REASON_NAMESPACES, "the network is no new one: %s has counted", text_show(names));
}

/* "65532 1000 1": the plan's id, any of the host's, one. */
static void check_map(struct verification *v, const json_t *look, const char *map, const char *id,
                      const char *line)
{
    const char *text = field_text(look, map);
    const struct raw *status = &v->findings.raw[RAW_STATUS];
    json_int_t planned = field_number(field(v->bundle, "binding.plan"), id);
    unsigned inside;
    unsigned outside;
    int end = 0;
    char again[64];
    char all[64];
    char found[64];

    if (sscanf(text, "%u %u 1%n", &inside, &outside, &end) != 2)
        end = 0;
    snprintf(again, sizeof again, "%u %u 1", end != 0 ? inside : 0, end != 0 ? outside : 0);
    if (end == 0 || strcmp(again, text) != 0 || (json_int_t)inside != planned)
        note(v, REASON_ID_MAP, "%s is '%s', and the plan has %lld", map, text_show(text),
             (long long)planned);
    snprintf(all, sizeof all, "%lld\t%lld\t%lld\t%lld", (long long)planned, (long long)planned,
             (long long)planned, (long long)planned);
    if (status->bytes != NULL &&
        (!status_value(status->bytes, line, found, sizeof found) || strcmp(found, all) != 0))
        note(v, REASON_ID_MAP, "%s of status is not %lld", line, (long long)planned);
}

static void check_status(struct verification *v, const json_t *look)
{
    const struct raw *status = &v->findings.raw[RAW_STATUS];
    char inside[64];

    for (size_t i = 0; status->bytes != NULL && status_compared[i] != NULL; i++) {
        const char *outside = field_text(look, status_compared[i]);

        if (!status_value(status->bytes, status_compared[i], inside, sizeof inside) ||
            !same_text(inside, outside))
            note(v, REASON_STATUS_DIFFERS, "%s is '%s' outside", status_compared[i],
                 outside != NULL ? text_show(outside) : "not there");
    }
}

void check_observed(struct verification *v)
{
    const json_t *before = field(v->bundle, "observed.before_exec");
    const json_t *after = field(v->bundle, "observed.after_exec");
    bool payload = !field_null(v->bundle, "binding.plan.payload");

    if (!json_is_object(before)) {
        note(v, REASON_OBSERVED_MISSING, "observed.before_exec is null");
        return;
    }
    check_namespaces(v, before);
    check_network(v);
    check_map(v, before, "uid_map", "uid", "Uid");
    check_map(v, before, "gid_map", "gid", "Gid");
    check_status(v, before);
    if (payload && !json_is_object(after))
        note(v, REASON_OBSERVED_MISSING, "observed.after_exec is null, and there was a payload");
    if (!payload && json_is_object(after))
        note(v, REASON_EXEC_CHANGED, "observed.after_exec is there, and there was no payload");
    if (payload && json_is_object(after) && !json_equal(before, after))
        note(v, REASON_EXEC_CHANGED, "observed.after_exec is not observed.before_exec");
}

static void check_host(struct verification *v)
{
    const json_t *identity = field(v->bundle, "venue_identity");
    const json_t *arches = field(v->bundle, "binding.filters.architectures");
    const char *machine = field_text(identity, "machine");

    if (!same_text(field_text(identity, "release"), field_text(v->bundle, "host.kernel")))
        note(v, REASON_HOST_DIFFERS, "host.kernel is not venue_identity.release");
    if (!same_text(machine, field_text(v->bundle, "host.machine")))
        note(v, REASON_HOST_DIFFERS, "host.machine is not venue_identity.machine");
    if (!v->foreign && !array_has(arches, machine))
        note(v, REASON_HOST_DIFFERS, "the filter is not for %s", text_show(machine));
}

/* What of the host can have kept a control from showing its wall, by the bundle and by the file
 * itself. */
static struct control_host control_host(const struct verification *v)
{
    const struct control *row = v->policy->controls.row;
    const char *status = v->findings.raw[RAW_STATUS].bytes;
    size_t own = 2 + json_array_size(field(v->bundle, "binding.filters.stacked_sha256"));
    unsigned filters = 0;

    return (struct control_host){
        .only_loopback = row[REMOVE_NETWORK].judgement[PR_NET_2].verdict == VERDICT_PASS,
        .filtered = status == NULL ||
                    !status_number(status, "Seccomp_filters", 1000000, &filters) || filters > own,
        .many_mounts = row[REMOVE_OLD_ROOT].judgement[PR_MOUNT_1].verdict == VERDICT_NOT_RUN,
        .one_convention = !same_text(field_text(v->bundle, "host.machine"), "x86_64"),
    };
}

static void check_flips(struct verification *v)
{
    const struct control_host host = control_host(v);

    for (int i = 0; i < N_REMOVALS; i++) {
        const struct control *row = &v->policy->controls.row[i];

        for (int p = 0; row->ran && p < N_PROBES; p++) {
            if (row->flip[p] == FLIP_NOT_RUN && removal_flips(row->removal, (enum probe)p) &&
                !control_explained(row->removal, (enum probe)p, &host))
                note(v, REASON_CONTROLS, "without %s: %s must flip and did not",
                     removal_row(row->removal)->name, probe_row((enum probe)p)->id);
        }
    }
}

/* The control that takes nothing away sees what the probes of the bundle have seen, on the same
 * machine. What the filters of --seccomp add, it has not. */
static void check_machine(struct verification *v)
{
    static const enum probe alike[] = {DX_ABI, DX_IDS, DX_SECCOMP};
    const struct control *row = &v->policy->controls.row[REMOVE_NOTHING];
    bool stacked = json_array_size(field(v->bundle, "binding.filters.stacked_sha256")) != 0;

    for (size_t i = 0; row->ran && i < sizeof alike / sizeof alike[0]; i++) {
        if ((alike[i] != DX_SECCOMP || !stacked) &&
            strcmp(row->judgement[alike[i]].actual, v->probe[alike[i]].found.actual) != 0)
            note(v, REASON_CONTROLS, "%s of the controls saw %.100s, and that of the bundle %.100s",
                 probe_row(alike[i])->id, row->judgement[alike[i]].actual,
                 text_show(v->probe[alike[i]].found.actual));
    }
}

/* That the file is the right one, the digests have found. */
static void check_control_results(struct verification *v, const json_t *controls)
{
    const struct controls *c = &v->policy->controls;

    if (!same_text(c->sha256, field_text(controls, "matrix_sha256")))
        return;
    if (c->document == NULL) {
        note(v, REASON_CONTROLS, "the file of --controls: %.200s", c->wrong);
        return;
    }
    if (!v->foreign) {
        check_flips(v);
        check_machine(v);
    }
    if (!v->foreign && !same_text(field_text(c->document, "seccomp"),
                                  field_text(v->bundle, "binding.plan.seccomp.profile")))
        note(v, REASON_CONTROLS, "the file of --controls is of another profile");
    if (!c->row[REMOVE_NOTHING].ran)
        note(v, REASON_CONTROLS_NOT_RUN, "the row that takes nothing away could not run");
    if (field_number(controls, "removals") != c->removals ||
        field_number(controls, "faults") != c->faults ||
        !same_text(field_text(controls, "run_at"), field_text(c->document, "run_at")))
        note(v, REASON_CONTROLS, "the file of --controls has %d removals and %d faults, of %s",
             c->removals, c->faults, field_text(c->document, "run_at"));
}

static void check_controls(struct verification *v)
{
    const json_t *controls = json_object_get(v->bundle, "controls");
    json_int_t removals = field_number(controls, "removals");
    char golden[DIGEST_TEXT_SIZE];

    if (!json_is_object(controls)) {
        if (v->policy->controls_file != NULL)
            note(v, REASON_CONTROLS_NOT_RUN, "--controls, and the bundle is of no controls");
        return;
    }
    if (field_number(controls, "faults") != 0)
        note(v, REASON_CONTROLS, "controls.faults is %lld",
             (long long)field_number(controls, "faults"));
    /* The row that takes nothing away is not counted. */
    if (removals >= 0 && removals < N_REMOVALS - 1)
        note(v, REASON_CONTROLS_NOT_RUN, "%lld of %d removals were carried out",
             (long long)removals, N_REMOVALS - 1);
    else if (removals != N_REMOVALS - 1)
        note(v, REASON_CONTROLS, "controls.removals is %lld, and there are %d", (long long)removals,
             N_REMOVALS - 1);
    if (!same_text(control_golden_digest(golden), field_text(controls, "golden_sha256")))
        note(v, REASON_CONTROLS, "controls.golden_sha256 is not %s", golden);
    if (v->policy->controls_file != NULL)
        check_control_results(v, controls);
}

bool check_agreement(struct verification *v)
{
    check_host(v);
    check_controls(v);
    if (!v->foreign) {
        check_observed(v);
        check_command(v);
        check_plan(v);
        check_batch(v);
        check_result(v);
    }
    return true;
}
