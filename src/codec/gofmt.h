/* codec/gofmt.h - text by the rules of Go's strconv and fmt, for the templates of -o; no other folder includes it. */
#ifndef CODEC_GOFMT_H
#define CODEC_GOFMT_H

#include "base/buf.h"
#include "codec/value.h"

/* Appends a code point as UTF-8. */
void codec_go_rune(uint32_t r, struct cu_buf *out);

/* Whether Go shows it as it is: no control, format or private character. */
bool codec_go_printable(uint32_t r);

/* Appends the content of a Go literal without its quotes: quote is " or ' and must be escaped as itself alone. False
 * on an unknown escape and on a NUL character; bytes above 0x7F by \x and octal escapes must form UTF-8. */
bool codec_go_unquote(const char *s, size_t n, char quote, struct cu_buf *out);

/* The way back: what strconv.Quote puts between its quotes; ascii escapes all beyond ASCII too. */
void codec_go_escape(const char *s, char quote, bool ascii, struct cu_buf *out);

/* As fmt prints a value with %v: "[a b]", "map[k:v]", "<nil>"; whole numbers are Go's int, others float64. */
void codec_go_print(const struct val *v, struct cu_buf *out);

/* fmt.Sprintf with the verbs %v %T %t %b %c %d %o %O %q %x %X %U %e %E %f %F %g %G %s, flags, width, precision, "*"
 * and "[n]"; what does not fit comes out as in Go, such as %!d(string=x). */
void codec_go_printf(const char *format, struct val *const *args, size_t n, struct cu_buf *out);

#endif
