// SPDX-License-Identifier: GPL-2.0
/*
 * Text and numbers on their way out.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "result/text.h"

/* ---- Characters ---- */

/* By the first byte of a character; 0: none begins with it. */
static size_t wanted_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Those of ASCII, those that UTF-8 has in two bytes, and U+2028 and U+2029, which end lines. */
static bool is_control(const unsigned char *byte)
{
	if (*byte == 0xc2)
		return byte[1] < 0xa0;
	if (*byte == 0xe2 && byte[1] == 0x80)
		return byte[2] == 0xa8 || byte[2] == 0xa9;
	return *byte < 0x20 || *byte == 0x7f;
}

size_t text_character(const char *text, bool *tame)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t wanted = wanted_length(*byte), length = 1;

	while (length < wanted && (byte[length] & 0xc0) == 0x80)
		length++;
	*tame = length == wanted && !is_control(byte);
	return length;
}

void text_put(FILE *out, const char *text)
{
	bool tame;

	for (size_t length; *text; text += length) {
		length = text_character(text, &tame);
		fwrite(tame ? text : "?", 1, tame ? length : 1, out);
	}
}

/* ---- Numbers ---- */

void put_real(FILE *out, double value)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	fputs(text, out);
}

void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	hex[0] = '\0';
	EVP_Digest(data, size, digest, &length, EVP_sha256(), NULL);
	for (unsigned int i = 0; i < length && i < SHA256_HEX / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* ---- Versions ---- */

bool is_commit(const char *text)
{
	return strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

bool is_dirty(const char *version)
{
	size_t length = strlen(version);

	return length >= 6 && !strcmp(version + length - 6, "-dirty");
}
