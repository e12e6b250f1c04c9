/* Segments in scripts: read, sent in, and compared with what came out. */
#include "script.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/netstack/tcp_segment.h"

#define THEIR_INITIAL UINT32_C(0xfffffff0) /* so that numbers go round in every script */
#define THEIR_STAMP   UINT32_C(0xfffffe00)

/* What a line says of a segment; numbers are the script's own, from 0. */
struct line {
	struct tcp_segment segment;
	uint32_t ends;          /* of payload, as written */
	bool has_window, has_ack, has_echo;
	uint16_t port;          /* of the peer; 0: as before */
	bool bad_checksum;
	uint32_t size;          /* expected segment_size */
};

static const char flag_letters[] = "FSRP.UEC";

static void parse_flags(const struct script *script, struct line *line, const char *word)
{
	for (; *word != '\0'; word++) {
		const char *letter = strchr(flag_letters, *word);

		if (letter == NULL)
			script_fail(script, "unknown flag %c", *word);
		line->segment.flags |= (uint8_t)(1u << (letter - flag_letters));
	}
}

/* One of <…>: mss N, wscale N, sackOK, TS val ecr N N, sack A:B A:B, nop. */
static void parse_option(const struct script *script, struct line *line, char *text)
{
	struct tcp_segment *segment = &line->segment;
	char *name = script_word(&text), *word;

	if (name == NULL || strcmp(name, "nop") == 0)
		return;
	if (strcmp(name, "mss") == 0) {
		segment->maximum_size = (uint16_t)script_number(script, script_word(&text));
	} else if (strcmp(name, "wscale") == 0) {
		segment->has_scale = true;
		segment->scale = (uint8_t)script_number(script, script_word(&text));
	} else if (strcmp(name, "sackOK") == 0) {
		segment->sack_permitted = true;
	} else if (strcmp(name, "TS") == 0) {
		segment->has_timestamps = true;
		segment->timestamp = (uint32_t)script_number(script, script_word(&text));
		segment->timestamp_echo = (uint32_t)script_number(script, script_word(&text));
	} else if (strcmp(name, "sack") == 0) {
		while ((word = script_word(&text)) != NULL) {
			struct tcp_block *block = &segment->blocks[segment->block_count++];

			if (sscanf(word, "%u:%u", &block->start, &block->end) != 2)
				script_fail(script, "not a block: %s", word);
		}
	} else {
		script_fail(script, "unknown option %s", name);
	}
}

static void parse_options(const struct script *script, struct line *line, char *text)
{
	char *end;

	for (; text != NULL; text = end) {
		end = strchr(text, ',');
		if (end != NULL)
			*end++ = '\0';
		parse_option(script, line, text);
	}
}

static struct line parse(const struct script *script, char *text)
{
	struct line line = {0};
	char *options = strchr(text, '<'), *word;
	uint32_t length;

	if (options != NULL) {
		*options++ = '\0';
		if (strchr(options, '>') == NULL)
			script_fail(script, "options want a >");
		*strchr(options, '>') = '\0';
		parse_options(script, &line, options);
	}
	word = script_word(&text);
	if (word == NULL)
		script_fail(script, "a segment wants flags");
	parse_flags(script, &line, word);
	word = script_word(&text);
	if (word == NULL || sscanf(word, "%u:%u(%u)", &line.segment.sequence, &line.ends, &length) != 3)
		script_fail(script, "a segment wants FROM:TO(LENGTH)");
	if (line.ends - line.segment.sequence != length)
		script_fail(script, "%u:%u is not %u bytes", line.segment.sequence, line.ends, length);
	line.segment.length = length;
	while ((word = script_word(&text)) != NULL) {
		if (strcmp(word, "ack") == 0) {
			line.has_ack = true;
			line.segment.acknowledgement = (uint32_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "win") == 0) {
			line.has_window = true;
			line.segment.window = (uint16_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "urg") == 0) {
			line.segment.urgent = (uint16_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "port") == 0) {
			line.port = (uint16_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "ecn") == 0) {
			line.segment.ecn = (uint8_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "size") == 0) {
			line.size = (uint32_t)script_number(script, script_word(&text));
		} else if (strcmp(word, "damaged") == 0) {
			line.bad_checksum = true;
		} else {
			script_fail(script, "unknown word %s", word);
		}
	}
	return line;
}

static void put_checksum(uint8_t *bytes, uint32_t length, const struct net_address *from,
                         const struct net_address *to)
{
	uint32_t sum = tcp_pseudo_sum(from, to, length);

	bytes[16] = bytes[17] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes[16] = (uint8_t)(~sum >> 8);
	bytes[17] = (uint8_t)~sum;
}

/* From the script's numbers to those on the wire. */
void script_inject(struct script *script, char *text)
{
	static uint8_t bytes[66000];
	const struct net_address us = {.family = 4, .bytes = {10, 0, 0, 1}};
	const struct net_address them = {.family = 4, .bytes = {10, 0, 0, 2}};
	struct line line = parse(script, text);
	struct tcp_segment *segment = &line.segment;
	uint64_t position = segment->sequence - 1;
	uint32_t header;

	script->their_initial = THEIR_INITIAL;
	segment->source_port = line.port != 0 ? line.port : script->their_port;
	segment->destination_port = script->our_port;
	segment->sequence += THEIR_INITIAL;
	segment->acknowledgement += line.has_ack ? script->our_initial : 0;
	if (segment->has_timestamps) {
		segment->timestamp += THEIR_STAMP;
		if (line.has_ack)
			segment->timestamp_echo += script->our_stamp;
	}
	for (uint32_t i = 0; i < segment->block_count; i++) {
		segment->blocks[i].start += script->our_initial;
		segment->blocks[i].end += script->our_initial;
	}
	header = tcp_segment_build(segment, bytes);
	for (uint32_t i = 0; i < segment->length; i++)
		bytes[header + i] = script_byte(position + i);
	put_checksum(bytes, header + segment->length, &them, &us);
	bytes[16] ^= line.bad_checksum;
	tcp_input(script->tcp, &them, &us, segment->ecn, bytes, header + segment->length, false);
}

/* From the wire to the script's numbers, written as a script would have it. */
static void describe(struct script *script, const struct script_sent *sent, char *to, size_t size)
{
	struct tcp_segment segment;
	size_t at = 0;
	uint32_t sequence;

	if (!tcp_segment_parse(&segment, sent->bytes, sent->length))
		script_fail(script, "a malformed segment was sent");
	if ((segment.flags & TCP_FLAG_SYN) && !script->our_known) {
		script->our_initial = segment.sequence;
		script->our_known = true;
	}
	if (segment.has_timestamps && !script->our_stamp_known) {
		script->our_stamp = segment.timestamp;
		script->our_stamp_known = true;
	}
	sequence = segment.sequence - (script->our_known ? script->our_initial : 0);
	for (int i = 0; i < 8; i++) {
		if (segment.flags & 1u << i)
			to[at++] = flag_letters[i];
	}
	at += (size_t)snprintf(to + at, size - at, " %u:%u(%u)", sequence, sequence + segment.length, segment.length);
	if (segment.flags & TCP_FLAG_ACK)
		at += (size_t)snprintf(to + at, size - at, " ack %u", segment.acknowledgement - script->their_initial);
	at += (size_t)snprintf(to + at, size - at, " win %u", segment.window);
	if (segment.flags & TCP_FLAG_URG)
		at += (size_t)snprintf(to + at, size - at, " urg %u", segment.urgent);
	if (sent->ecn != 0)
		at += (size_t)snprintf(to + at, size - at, " ecn %u", sent->ecn);
	if (sent->segment_size != 0)
		at += (size_t)snprintf(to + at, size - at, " size %u", sent->segment_size);
	at += (size_t)snprintf(to + at, size - at, " <");
	if (segment.maximum_size != 0)
		at += (size_t)snprintf(to + at, size - at, "mss %u,", segment.maximum_size);
	if (segment.sack_permitted)
		at += (size_t)snprintf(to + at, size - at, "sackOK,");
	if (segment.has_timestamps)
		at += (size_t)snprintf(to + at, size - at, "TS %u %u,", segment.timestamp - script->our_stamp,
		                       segment.timestamp_echo != 0 ? segment.timestamp_echo - THEIR_STAMP : 0);
	if (segment.has_scale)
		at += (size_t)snprintf(to + at, size - at, "wscale %u,", segment.scale);
	for (uint32_t i = 0; i < segment.block_count; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%u:%u", i == 0 ? "sack " : " ",
		                       segment.blocks[i].start - script->their_initial,
		                       segment.blocks[i].end - script->their_initial);
	snprintf(to + at, size - at, ">");
}

static void compare(struct script *script, const struct script_sent *sent, const struct line *line, const char *was)
{
	struct tcp_segment segment;
	const struct tcp_segment *wanted = &line->segment;
	bool same = tcp_segment_parse(&segment, sent->bytes, sent->length);

	same = same && segment.flags == wanted->flags && segment.length == wanted->length &&
	       segment.sequence - (script->our_known ? script->our_initial : 0) == wanted->sequence &&
	       sent->ecn == wanted->ecn && sent->segment_size == line->size &&
	       segment.urgent == wanted->urgent && segment.block_count == wanted->block_count &&
	       segment.maximum_size == wanted->maximum_size && segment.sack_permitted == wanted->sack_permitted &&
	       segment.has_scale == wanted->has_scale && segment.scale == wanted->scale;
	if (line->has_ack)
		same = same && segment.acknowledgement - script->their_initial == wanted->acknowledgement;
	if (line->has_window)
		same = same && segment.window == wanted->window;
	/* Timestamps are compared where the line has them. */
	if (wanted->has_timestamps)
		same = same && segment.has_timestamps && segment.timestamp - script->our_stamp == wanted->timestamp &&
		       (segment.timestamp_echo == 0 ? 0 : segment.timestamp_echo - THEIR_STAMP) ==
			       wanted->timestamp_echo;
	for (uint32_t i = 0; same && i < segment.block_count; i++)
		same = segment.blocks[i].start - script->their_initial == wanted->blocks[i].start &&
		       segment.blocks[i].end - script->their_initial == wanted->blocks[i].end;
	for (uint32_t i = 0; same && i < segment.length; i++)
		same = segment.payload[i] == script_byte(wanted->sequence - 1 + i);
	if (!same)
		script_fail(script, "sent was: %s", was);
}

void script_expect(struct script *script, char *text)
{
	char was[512];
	struct line line;
	struct script_sent *sent;

	if (strcmp(text, "nothing") == 0) {
		if (script->sent_count == 0)
			return;
		describe(script, script->sent[0], was, sizeof(was));
		script_fail(script, "something was sent: %s", was);
	}
	line = parse(script, text);
	if (script->sent_count == 0)
		script_fail(script, "nothing was sent");
	sent = script->sent[0];
	memmove(script->sent, script->sent + 1, --script->sent_count * sizeof(sent));
	describe(script, sent, was, sizeof(was));
	if (sent->at != script->now)
		script_fail(script, "sent at %lu us: %s", (unsigned long)(sent->at / 1000), was);
	compare(script, sent, &line, was);
	free(sent);
}
