/* Columns as Go's tabwriter aligns them (spec operations 3.2). Must not know what the cells mean. */
#include "base/limits.h"
#include "codec/internal.h"
#include "codec/print.h"
#include <string.h>

#define MIN_WIDTH 10
#define PADDING 3

struct cell {
    const char *text;
    size_t bytes, width; /* width: characters */
};
struct line {
    struct cell *cells; /* the last one has no TAB behind it */
    size_t n;
    size_t *widths; /* of the columns, n - 1 of them */
};

static size_t width_of(const char *s, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; width++) {
        size_t len = codec_utf8_len(s + i, n - i, NULL);
        i += len ? len : 1;
    }
    return width;
}

static struct line split(const char *text, size_t n)
{
    struct line l = { NULL, 0, NULL };
    size_t cap = 0;
    const char *end = text + n;
    for (;;) {
        const char *tab = memchr(text, '\t', (size_t)(end - text)), *stop = tab ? tab : end;
        cu_grow(&l.cells, &cap, l.n + 1, sizeof *l.cells);
        l.cells[l.n++] = (struct cell){ text, (size_t)(stop - text), width_of(text, (size_t)(stop - text)) };
        if (!tab)
            break;
        text = tab + 1;
    }
    l.widths = cu_calloc(l.n, sizeof *l.widths);
    return l;
}

/* A column's block is a run of consecutive lines that have a terminated cell in it. */
static void measure(struct line *lines, size_t n, size_t column)
{
    for (size_t i = 0; i < n;) {
        size_t end = i, width = MIN_WIDTH;
        while (end < n && lines[end].n > column + 1) {
            if (lines[end].cells[column].width + PADDING > width)
                width = lines[end].cells[column].width + PADDING;
            end++;
        }
        for (size_t k = i; k < end; k++)
            lines[k].widths[column] = width;
        i = end > i ? end : i + 1;
    }
}

char *codec_print_table(const char *tabbed_lines)
{
    struct line *lines = NULL;
    size_t n = 0, cap = 0, columns = 0;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *out = NULL;
    while (*tabbed_lines) {
        size_t len = strcspn(tabbed_lines, "\n");
        cu_grow(&lines, &cap, n + 1, sizeof *lines);
        lines[n] = split(tabbed_lines, len);
        columns = lines[n].n > columns ? lines[n].n : columns;
        n++;
        tabbed_lines += len + (tabbed_lines[len] == '\n');
    }
    for (size_t c = 0; c + 1 < columns; c++)
        measure(lines, n, c);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < lines[i].n; c++) {
            cu_buf_addn(&b, lines[i].cells[c].text, lines[i].cells[c].bytes);
            for (size_t w = lines[i].cells[c].width; c + 1 < lines[i].n && w < lines[i].widths[c]; w++)
                cu_buf_addc(&b, ' ');
        }
        cu_buf_addc(&b, '\n');
        free(lines[i].cells);
        free(lines[i].widths);
    }
    free(lines);
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("") : out;
}
