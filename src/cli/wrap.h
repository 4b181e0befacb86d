/* cli/wrap.h - text broken between words, so that help fits a narrow terminal. */
#ifndef CLI_WRAP_H
#define CLI_WRAP_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal behind a stream; 0: it is none, or says nothing, and lines are not to be broken. */
size_t cli_width(FILE *out);

/* The stream is a terminal that shows colours, and nobody asked for none ($NO_COLOR, TERM=dumb). */
bool cli_colour(FILE *out);

/* Prints `text`, whose first word begins in column `at` where the cursor stands, without a final newline; lines end
 * before column `width`, those after the first begin in column `indent`. A newline in the text is a blank, but an empty
 * line stays, and so does one that begins with a blank. width 0: the text as it is. */
void cli_wrap(FILE *out, size_t width, size_t at, size_t indent, const char *text);

#endif
