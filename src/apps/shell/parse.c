/* See parse.h. */
#include "parse.h"

#include <drydock/format.h>
#include <drydock/string.h>

/* Meanings of a POSIX shell that this one does not have; and those for which a quoted character will do. */
static const char unsupported[] = "|&<()`";
static const char patterns[] = "*?[";

struct scanner {
	const char *at;
	size_t used; /* of the command's text */
	int status;
	struct command_line *command;
};

static bool among(char character, const char *set)
{
	for (; *set; set++)
		if (*set == character)
			return true;
	return false;
}

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

static bool wrong(struct scanner *scanner, const char *format, const char *what)
{
	char *problem = scanner->command->problem;

	/* Formats are this file's own, with one %s at most. */
	format_string(problem, sizeof(scanner->command->problem), format, what);
	return false;
}

static void put(struct scanner *scanner, char character)
{
	/* Two bytes for each of the line suffice: only $? grows, from two to three, and each word has one. */
	if (scanner->used < sizeof(scanner->command->text))
		scanner->command->text[scanner->used++] = character;
}

/* `$`, where it is not quoted by ' or \; perhaps by ". */
static bool take_dollar(struct scanner *scanner, bool quoted)
{
	char next = scanner->at[1], shown[2] = {next, 0};
	char number[12];

	if (next == '?') {
		format_string(number, sizeof(number), "%d", scanner->status);
		for (const char *digit = number; *digit; digit++)
			put(scanner, *digit);
		scanner->at += 2;
		return true;
	}
	if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9') ||
	    (next && among(next, quoted ? "_{(!$#@*-" : "_{(!$#@*-'\"")))
		return wrong(scanner, "`$%s' is not supported: there are no variables but $?", shown);
	put(scanner, '$');
	scanner->at++;
	return true;
}

static bool take_single_quoted(struct scanner *scanner)
{
	for (scanner->at++; *scanner->at != '\''; scanner->at++) {
		if (!*scanner->at)
			return wrong(scanner, "a %s is not closed", "'");
		put(scanner, *scanner->at);
	}
	scanner->at++;
	return true;
}

static bool take_double_quoted(struct scanner *scanner)
{
	scanner->at++;
	while (*scanner->at != '"') {
		if (!*scanner->at)
			return wrong(scanner, "a %s is not closed", "\"");
		if (*scanner->at == '`')
			return wrong(scanner, "`%s' is not supported", "`");
		if (*scanner->at == '$') {
			if (!take_dollar(scanner, true))
				return false;
			continue;
		}
		/* Before others a backslash is itself. */
		if (*scanner->at == '\\' && scanner->at[1] && among(scanner->at[1], "\"\\$`"))
			scanner->at++;
		put(scanner, *scanner->at++);
	}
	scanner->at++;
	return true;
}

static bool take_plain(struct scanner *scanner)
{
	char shown[2] = {*scanner->at, 0};

	switch (*scanner->at) {
	case '\'':
		return take_single_quoted(scanner);
	case '"':
		return take_double_quoted(scanner);
	case '$':
		return take_dollar(scanner, false);
	case '\\':
		if (!*++scanner->at)
			return wrong(scanner, "the line ends in a backslash%s", "");
		break;
	default:
		if (among(shown[0], unsupported))
			return wrong(scanner, "`%s' is not supported", shown);
		if (among(shown[0], patterns))
			return wrong(scanner, "`%s' is not expanded: quote it, or say what you mean", shown);
	}
	put(scanner, *scanner->at++);
	return true;
}

/* Whether what was written is a number as it stands, which before `>` would be a file descriptor. */
static bool is_descriptor(const char *from, const char *to)
{
	if (from == to)
		return false;
	for (; from < to; from++)
		if (*from < '0' || *from > '9')
			return false;
	return true;
}

/* One word, whose place in the text is returned; NULL where something is wrong. */
static const char *take_word(struct scanner *scanner)
{
	const char *word = scanner->command->text + scanner->used, *from = scanner->at;

	while (*scanner->at && !is_blank(*scanner->at) && *scanner->at != ';' && *scanner->at != '>')
		if (!take_plain(scanner))
			return NULL;
	if (*scanner->at == '>' && is_descriptor(from, scanner->at)) {
		wrong(scanner, "only the output can be redirected, by > and >>%s", "");
		return NULL;
	}
	put(scanner, 0);
	return word;
}

static void skip_blanks(struct scanner *scanner)
{
	while (is_blank(*scanner->at))
		scanner->at++;
}

static bool take_redirection(struct scanner *scanner)
{
	struct command_line *command = scanner->command;

	if (command->redirect)
		return wrong(scanner, "the output can be redirected once%s", "");
	command->append = scanner->at[1] == '>';
	scanner->at += command->append ? 2 : 1;
	skip_blanks(scanner);
	if (!*scanner->at || *scanner->at == ';' || *scanner->at == '>' || *scanner->at == '#')
		return wrong(scanner, "%s where to?", command->append ? ">>" : ">");
	command->redirect = take_word(scanner);
	return command->redirect != NULL;
}

static bool take_part(struct scanner *scanner)
{
	struct command_line *command = scanner->command;

	if (*scanner->at == '>')
		return take_redirection(scanner);
	if (command->count == WORDS_MAXIMUM)
		return wrong(scanner, "too many words%s", "");
	command->words[command->count] = take_word(scanner);
	return command->words[command->count] && ++command->count;
}

enum parse_result parse_command(const char **rest, int status, struct command_line *command)
{
	struct scanner scanner = {.at = *rest, .status = status, .command = command};

	command->count = 0;
	command->redirect = NULL;
	command->append = false;
	for (;;) {
		skip_blanks(&scanner);
		if (*scanner.at == '#')
			scanner.at += string_length(scanner.at);
		if (!*scanner.at)
			break;
		if (*scanner.at != ';') {
			if (!take_part(&scanner))
				return PARSE_WRONG;
			continue;
		}
		if (command->count == 0 && !command->redirect) {
			wrong(&scanner, "there is no command before `%s'", ";");
			return PARSE_WRONG;
		}
		scanner.at++;
		break;
	}
	command->words[command->count] = NULL;
	*rest = scanner.at;
	return command->count || command->redirect ? PARSE_COMMAND : PARSE_END;
}
