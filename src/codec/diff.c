/* The difference of two texts in lines.
 * Must not know what the texts are. */
#include "codec/diff.h"
#include <stdbool.h>
#include <string.h>

struct line {
    const char *text; /* without its end */
    size_t n;
};
struct lines {
    struct line *v;
    size_t n, cap;
};

/* A run of `n` lines that is the same in both. */
struct block {
    size_t a, b, n;
};
struct blocks {
    struct block *v;
    size_t n, cap;
};

static void split(const char *text, struct lines *l)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        cu_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v);
        l->v[l->n++] = (struct line){ text, n };
        text += n + (text[n] == '\n');
    }
}

static bool same(const struct line *a, const struct line *b)
{
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* The part of both texts that is looked at. */
struct range {
    size_t a, a_end, b, b_end;
};

/* The longest common run in a range; of several the first in a, then the first in b. run[j]: length of the common run
 * that ends before line j of b (and the present line of a). */
static struct block longest(const struct lines *a, const struct lines *b, const struct range *r)
{
    struct block best = { r->a, r->b, 0 };
    if (!a->v || !b->v)
        return best;
    cu_autofree size_t *run = cu_calloc(b->n + 1, sizeof *run);
    for (size_t i = r->a; i < r->a_end; i++) {
        for (size_t j = r->b_end; j-- > r->b;) /* backwards: run[j] is still of the line before */
            run[j + 1] = same(&a->v[i], &b->v[j]) ? (j > r->b ? run[j] : 0) + 1 : 0;
        for (size_t j = r->b; j < r->b_end; j++)
            if (run[j + 1] > best.n)
                best = (struct block){ i + 1 - run[j + 1], j + 1 - run[j + 1], run[j + 1] };
    }
    return best;
}

static void add(struct blocks *l, struct block block)
{
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v);
    l->v[l->n++] = block;
}

static int by_place(const void *x, const void *y)
{
    const struct block *a = x, *b = y;
    return a->a < b->a ? -1 : a->a > b->a;
}

/* All common runs in order, neighbours joined, and an empty one at the end of both. */
static void match(const struct lines *a, const struct lines *b, struct blocks *out)
{
    struct range *todo = NULL;
    size_t n = 0, cap = 0, kept = 0;
    cu_grow(&todo, &cap, 1, sizeof *todo);
    todo[n++] = (struct range){ 0, a->n, 0, b->n };
    while (n > 0) {
        struct range r = todo[--n];
        struct block found = longest(a, b, &r);
        if (found.n == 0)
            continue;
        add(out, found);
        cu_grow(&todo, &cap, n + 2, sizeof *todo);
        todo[n++] = (struct range){ r.a, found.a, r.b, found.b };
        todo[n++] = (struct range){ found.a + found.n, r.a_end, found.b + found.n, r.b_end };
    }
    free(todo);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_place);
    for (size_t i = 1; i < out->n; i++) {
        struct block *last = &out->v[kept], *next = &out->v[i];
        if (last->a + last->n == next->a && last->b + last->n == next->b)
            last->n += next->n;
        else
            out->v[++kept] = *next;
    }
    out->n = out->n ? kept + 1 : 0;
    add(out, (struct block){ a->n, b->n, 0 });
}

static void add_lines(struct cu_buf *out, char sign, const struct lines *l, size_t from, size_t end)
{
    for (; l->v && from < end; from++) {
        cu_buf_addc(out, sign);
        cu_buf_addn(out, l->v[from].text, l->v[from].n);
        cu_buf_addc(out, '\n');
    }
}

/* "3,4"; one line "3"; none: the line before, "2,0". */
static void add_place(struct cu_buf *out, char sign, size_t from, size_t end)
{
    if (end - from == 1)
        cu_buf_addf(out, "%c%zu", sign, from + 1);
    else
        cu_buf_addf(out, "%c%zu,%zu", sign, from == end ? from : from + 1, end - from);
}

struct hunk {
    struct range r;
    struct cu_buf body;
    bool open;
};

static void close_hunk(struct hunk *h, struct cu_buf *out)
{
    if (!h->open)
        return;
    cu_buf_add(out, "@@ ");
    add_place(out, '-', h->r.a, h->r.a_end);
    cu_buf_addc(out, ' ');
    add_place(out, '+', h->r.b, h->r.b_end);
    cu_buf_addf(out, " @@\n%s", cu_buf_str(&h->body));
    cu_buf_reset(&h->body);
    h->open = false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void add_hunks(const struct codec_diff *d, const struct lines *a, const struct lines *b,
                      const struct blocks *blocks, struct cu_buf *out)
{
    struct hunk h = { .body = CU_BUF_INIT(out->max) };
    size_t i = 0, j = 0; /* behind the last common run */
    for (size_t k = 0; k < blocks->n; k++) {
        const struct block *common = &blocks->v[k];
        bool changed = i < common->a || j < common->b;
        if (changed && !h.open) {
            size_t before = k ? least(d->context, blocks->v[k - 1].n) : 0;
            h.r = (struct range){ i - before, i, j - before, j };
            h.open = true;
            add_lines(&h.body, ' ', a, i - before, i);
        }
        add_lines(&h.body, '-', a, i, common->a);
        add_lines(&h.body, '+', b, j, common->b);
        /* what is common goes on in this hunk when the next change is near */
        bool last = k + 1 == blocks->n || (common->a + common->n == a->n && common->b + common->n == b->n);
        size_t behind = last || common->n > 2 * d->context ? least(d->context, common->n) : common->n;
        i = common->a + common->n;
        j = common->b + common->n;
        if (!h.open)
            continue;
        add_lines(&h.body, ' ', a, common->a, common->a + behind);
        h.r.a_end = common->a + behind;
        h.r.b_end = common->b + behind;
        if (last || common->n > 2 * d->context)
            close_hunk(&h, out);
    }
    close_hunk(&h, out);
    cu_buf_clear(&h.body);
}

void codec_diff_unified(const struct codec_diff *d, struct cu_buf *out)
{
    struct lines a = { 0 }, b = { 0 };
    struct blocks blocks = { 0 };
    if (strcmp(d->from, d->to) == 0)
        return;
    split(d->from, &a);
    split(d->to, &b);
    match(&a, &b, &blocks);
    cu_buf_addf(out, "--- %s\n+++ %s\n", d->from_name, d->to_name);
    add_hunks(d, &a, &b, &blocks, out);
    free(a.v);
    free(b.v);
    free(blocks.v);
}
