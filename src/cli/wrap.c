/* Breaks text between words. It must not know what is printed. */
#include "cli/wrap.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t cli_width(FILE *out)
{
    struct winsize size = { 0 };
    int fd = fileno(out);
    return fd >= 0 && isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool cli_colour(FILE *out)
{
    int fd = fileno(out);
    return fd >= 0 && isatty(fd) == 1 && cu_is_empty(getenv("NO_COLOR")) && !cu_streq(getenv("TERM"), "dumb");
}

static void new_line(FILE *out, size_t indent)
{
    fprintf(out, "\n%*s", (int)indent, "");
}

/* A newline that must stay one. */
static bool is_break(const char *newline)
{
    return newline[1] == '\n' || newline[1] == ' ' || newline[1] == '\0';
}

void cli_wrap(FILE *out, size_t width, size_t at, size_t indent, const char *text)
{
    size_t column = at;
    bool first = true;
    if (!width) {
        fputs(text, out);
        return;
    }
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (n && !first && column + 1 + n > width) {
            new_line(out, indent);
            column = indent;
        } else if (n && !first) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, n, out);
        column += n;
        first = first && !n;
        text += n;
        while (*text == ' ' && text[-1] != '\n')
            text++;
        if (*text != '\n')
            continue;
        if (is_break(text) || text[-1] == '\n') {
            new_line(out, indent);
            column = indent;
            first = true;
            for (; text[1] == ' '; text++, column++)
                fputc(' ', out);
        }
        text++;
    }
}
