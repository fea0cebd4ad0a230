// SPDX-License-Identifier: GPL-2.0
/*
 * Writing mdoc(7).
 */
#include "manual/mdoc.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* --- single characters --- */

/* UTF-8 beyond ASCII, which every troff takes by its number; returns its bytes. */
static size_t put_wide(FILE *out, const unsigned char *c, size_t len)
{
	size_t size = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;
	uint32_t code = *c & (0xff >> (size + 1));

	if (*c < 0xc0 || size > len) {
		fputc('?', out);
		return 1;
	}
	for (size_t i = 1; i < size; i++)
		code = code << 6 | (c[i] & 0x3f);
	fprintf(out, "\\[u%04X]", code);
	return size;
}

/* What is a quotation mark, an accent or a hyphen in print is none when typed. */
static const char *typed(char c)
{
	switch (c) {
	case '\\': return "\\e";
	case '`': return "\\(ga";
	case '^': return "\\(ha";
	case '~': return "\\(ti";
	case '\'': return "\\(aq";
	case '"': return "\\(dq";
	case '-': return "\\-";
	}
	return NULL;
}

static void put(FILE *out, const char *text, size_t len, bool literal)
{
	size_t i = 0;

	while (i < len) {
		const char *escape = typed(text[i]);

		if ((unsigned char)text[i] >= 0x80) {
			i += put_wide(out, (const unsigned char *)text + i, len - i);
			continue;
		}
		if (escape && (literal || !strchr("'\"-", text[i])))
			fputs(escape, out);
		else
			fputc(text[i], out);
		i++;
	}
}

/* --- text --- */

/* A word of which dashes are typed: an option, a path, a name with a digit in it. */
static bool is_typed(const char *word, size_t len)
{
	return *word == '-' || *word == '\'' || memchr(word, '/', len) || memchr(word, '=', len);
}

/* Between two sentences, of which each has to begin a line. */
static bool is_between(const char *blank, const char *start, size_t rest)
{
	return blank > start && strchr(".?!", blank[-1]) && rest > 1 &&
	       isupper((unsigned char)blank[1]);
}

void mdoc_text(FILE *out, const char *text, size_t len)
{
	const char *start = text;
	size_t word;

	if (len && strchr(".'", *text))
		fputs("\\&", out);
	for (; len; text += word, len -= word) {
		word = *text == ' ' ? 1 : (size_t)(strchrnul(text, ' ') - text);
		if (word > len)
			word = len;
		if (*text == ' ')
			fputc(is_between(text, start, len) ? '\n' : ' ', out);
		else
			put(out, text, word, is_typed(text, word));
	}
}

/* A name such as tdx_lab.ko has no capital even where a sentence begins. */
static bool is_name(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && text[i] != ' '; i++)
		if (!islower((unsigned char)text[i]) && !strchr("'-,:", text[i]))
			return true;
	return false;
}

void mdoc_sentence(FILE *out, const char *text, size_t len, char end)
{
	if (!len)
		return;
	if (!is_name(text, len)) {
		fputc(toupper((unsigned char)*text), out);
		text++;
		len--;
	}
	mdoc_text(out, text, len);
	if (!strchr(".:?!", text[len - 1]))
		fputc(end, out);
	fputc('\n', out);
}

void mdoc_literal(FILE *out, const char *text, size_t len)
{
	if (len && strchr(".'", *text))
		fputs("\\&", out);
	put(out, text, len, true);
}

/* --- synopsis --- */

static size_t word_length(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && !strchr(" []|", text[i]))
		i++;
	return i;
}

/* Capitals are to be replaced, all else is typed; dots behind it say "and more". */
static void put_word(FILE *out, const char *word, size_t len)
{
	const char *macro = isupper((unsigned char)*word) ? "Ar" : *word == '-' ? "Fl" : "Cm";
	bool dots = !strncmp(word, "...", len);

	if (*word == '-' && len > 1) {
		word++;
		len--;
	}
	fprintf(out, dots ? "No \\&" : "%s \\&", macro);
	put(out, word, len, true);
}

/* Macros of one line are apart in print unless "Ns" stands between. */
void mdoc_synopsis(FILE *out, const char *text, size_t len)
{
	bool glued = false, started = false;
	size_t word;

	for (; len; text += word, len -= word) {
		word = 1;
		if (*text == ' ') {
			glued = false;
			continue;
		}
		if (started)
			fputs(glued && !strchr("]|", *text) && text[-1] != '[' && text[-1] != '|' ?
			      " Ns " : " ", out);
		else
			fputc('.', out);
		if (strchr("[]", *text)) {
			fputs(*text == '[' ? "Oo" : "Oc", out);
		} else if (*text == '|') {
			fputs("| ", out);
		} else {
			word = word_length(text, len);
			put_word(out, text, word);
		}
		started = glued = true;
	}
	if (started)
		fputc('\n', out);
}
