/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "rules/procfs.h"
#include "verify/html_table.h"
#include "verify/page.h"

/* The boundary as a picture, and in words for whoever does not see it. */

#define WIDTH 360
#define ROW 24
#define MOUNTS_SHOWN 8
#define WALL_PROBES 6

struct wall {
    const char *name;
    enum probe probe[WALL_PROBES]; /* N_PROBES ends them */
};

static const struct wall walls[] = {
#define WALL(name, ...) {name, {__VA_ARGS__}},
#include "verify/wall.def"
#undef WALL
};

#define N_WALLS (sizeof walls / sizeof walls[0])

/* What the probes of a wall come to; the worst of them. */
enum wall_state { WALL_UNASKED, WALL_CLOSED, WALL_EXCUSED, WALL_UNKNOWN, WALL_OPEN, N_WALL_STATES };

static const struct {
    const char *word;
    const char *class;
} states[N_WALL_STATES] = {
    [WALL_UNASKED] = {"not asked", "none"},
    [WALL_CLOSED] = {"closed", "good"},
    [WALL_EXCUSED] = {"open, allowed", "warn"},
    [WALL_UNKNOWN] = {"not shown", "warn"},
    [WALL_OPEN] = {"OPEN", "bad"},
};

static enum wall_state probe_state(const struct verification *v, enum probe probe)
{
    const struct judged *p = &v->probe[probe];

    if (!v->made[CHECK_PROBES] || !p->listed)
        return WALL_UNKNOWN;
    if (p->passes)
        return WALL_CLOSED;
    if (p->excused)
        return WALL_EXCUSED;
    if (p->found.verdict == VERDICT_NOT_RUN)
        return p->required ? WALL_UNKNOWN : WALL_UNASKED;
    return WALL_OPEN;
}

static enum wall_state wall_state(const struct verification *v, const struct wall *wall)
{
    enum wall_state worst = WALL_UNASKED;

    for (size_t i = 0; i < WALL_PROBES && wall->probe[i] != N_PROBES; i++) {
        enum wall_state state = probe_state(v, wall->probe[i]);

        worst = state > worst ? state : worst;
    }
    return worst;
}

static enum wall_state all_walls(const struct verification *v)
{
    enum wall_state worst = WALL_UNASKED;

    for (size_t i = 0; i < N_WALLS; i++) {
        enum wall_state state = wall_state(v, &walls[i]);

        worst = state > worst ? state : worst;
    }
    return worst;
}

static void svg_text(struct html *h, int x, int y, const char *names, const char *text)
{
    html_start(h, "text");
    html_attribute_number(h, "x", x);
    html_attribute_number(h, "y", y);
    html_class(h, names);
    html_text(h, text);
    html_end(h);
}

static void svg_path(struct html *h, const char *names, const char *path)
{
    html_start(h, "path");
    html_class(h, names);
    html_attribute(h, "d", path);
    html_end(h);
}

static void svg_rect(struct html *h, int y, int height, const char *names)
{
    html_start(h, "rect");
    html_attribute_number(h, "x", 6);
    html_attribute_number(h, "y", y);
    html_attribute_number(h, "width", WIDTH - 12);
    html_attribute_number(h, "height", height);
    html_attribute_number(h, "rx", 6);
    html_class(h, names);
    html_end(h);
}

static int count_mounts(const struct verification *v)
{
    const char *next = v->findings.raw[RAW_MOUNTINFO].bytes;
    struct mount_row row;
    bool bad;
    int n = 0;

    while (next != NULL && mount_next(&next, &row, &bad))
        n++;
    return n;
}

/* Returns how far down it came. */
static int draw_inside(struct html *h, const struct verification *v, int mounts)
{
    const char *next = v->findings.raw[RAW_MOUNTINFO].bytes;
    struct mount_row row;
    char point[40];
    bool bad;
    int y = 30;

    svg_text(h, 18, y, "strong", "Inside: what the payload can reach");
    if (mounts == 0)
        svg_text(h, 30, y += ROW, "plain", "nothing is known of it");
    for (int i = 0; i < mounts && i < MOUNTS_SHOWN && mount_next(&next, &row, &bad); i++) {
        y += ROW;
        svg_text(h, 30, y, "plain", text_safe(point, 28, row.point, strlen(row.point)));
        svg_text(h, WIDTH - 18, y, "plain end",
                 mount_has(row.options, "ro") ? "to read" : "to read and write");
    }
    if (mounts > MOUNTS_SHOWN) {
        snprintf(point, sizeof point, "and %d more mounts", mounts - MOUNTS_SHOWN);
        svg_text(h, 30, y += ROW, "plain", point);
    }
    return y + 16;
}

/* An attempt comes from inside: it ends at a bar, or it gets through. */
static void draw_wall(struct html *h, enum wall_state state, const char *name, int y)
{
    char names[32];
    char path[80];

    snprintf(names, sizeof names, "line %s", states[state].class);
    if (state == WALL_CLOSED)
        snprintf(path, sizeof path, "M22 %d H44 M46 %d V%d", y - 5, y - 13, y + 3);
    else if (state == WALL_OPEN || state == WALL_EXCUSED)
        snprintf(path, sizeof path, "M22 %d H58 M50 %d L58 %d L50 %d", y - 5, y - 12, y - 5, y + 2);
    else
        snprintf(path, sizeof path, "M22 %d H28 M34 %d H40 M46 %d H52", y - 5, y - 5, y - 5);
    svg_path(h, names, path);
    svg_text(h, 68, y, "plain", name);
    snprintf(names, sizeof names, "strong end %s", states[state].class);
    svg_text(h, WIDTH - 18, y, names, states[state].word);
}

static void draw(struct html *h, const struct verification *v)
{
    int mounts = count_mounts(v);
    int shown = mounts > MOUNTS_SHOWN ? MOUNTS_SHOWN + 1 : mounts == 0 ? 1 : mounts;
    int wall = 46 + shown * ROW;
    int height = wall + 44 + (int)N_WALLS * ROW;
    char text[80];

    html_start(h, "svg");
    snprintf(text, sizeof text, "0 0 %d %d", WIDTH, height);
    html_attribute(h, "viewBox", text);
    html_attribute(h, "role", "img");
    html_attribute(h, "aria-label",
                   "The boundary as a picture; the tables of walls and mounts say the same.");
    snprintf(text, sizeof text, "wall %s", states[all_walls(v)].class);
    svg_rect(h, 6, wall - 6, text);
    draw_inside(h, v, mounts);
    snprintf(text, sizeof text, "M22 %d V%d", wall, height - 20);
    svg_path(h, "line none", text);
    svg_text(h, 36, wall + 26, "strong", "Outside: what the walls keep from it");
    for (size_t i = 0; i < N_WALLS; i++)
        draw_wall(h, wall_state(v, &walls[i]), walls[i].name, wall + 26 + ((int)i + 1) * ROW);
    html_end(h);
}

static void list_walls(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Outside", "State", "Shown by", NULL};
    struct html_table t;

    table_begin(&t, h, "walls", "The walls, in words", headings);
    for (size_t i = 0; i < N_WALLS; i++) {
        enum wall_state state = wall_state(v, &walls[i]);

        table_row(&t, NULL);
        table_text(&t, NULL, walls[i].name);
        table_cell(&t, NULL);
        page_mark(h, states[state].class, states[state].word);
        html_end(h);
        table_cell(&t, "small");
        for (size_t p = 0; p < WALL_PROBES && walls[i].probe[p] != N_PROBES; p++)
            page_probe_word(h, v, walls[i].probe[p], p == 0);
        html_end(h);
        table_row_end(&t);
    }
    table_end(&t);
}

void page_boundary(struct html *h, const struct verification *v)
{
    if (verification_outcome(v) != OUTCOME_ACCEPTABLE) {
        html_start(h, "p");
        html_class(h, "note loud");
        html_printf(h, "This bundle is %s: what follows is what it would show if it were believed.",
                    outcome_row(verification_outcome(v))->word);
        html_end(h);
    }
    html_start(h, "div");
    html_class(h, "pair");
    html_start(h, "figure");
    draw(h, v);
    html_element(h, "figcaption", NULL,
                 "A line that ends at a bar is an attempt that the wall has stopped, an arrow one "
                 "that got through, a broken line one that nothing is known of.");
    html_end(h);
    list_walls(h, v);
    html_end(h);
}
