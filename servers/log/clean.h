/* Making strangers' text fit to be shown on a terminal. */
#ifndef SERVERS_LOG_CLEAN_H
#define SERVERS_LOG_CLEAN_H

#include <stdint.h>

/*
 * Copies `length` bytes. Well-formed UTF-8 remains, but for control characters
 * (U+0000 to U+001F, U+007F to U+009F): white space among them becomes a space,
 * the others and every byte that is no part of a character become `?`.
 */
void clean_copy(char *to, const char *from, uint32_t length);

#endif
