/*
 * A card whose Linux end is in a user and network namespace of its own: no privileges
 * are needed for that, and nobody else's network sees it. A process of the host's keeps
 * the namespace; `drydock exec` joins it by that process (setns(2)).
 */
#ifndef DRYDOCK_HOST_CARD_NAMESPACE_H
#define DRYDOCK_HOST_CARD_NAMESPACE_H

#include "card.h"

/* As card_open; card->keeper is the process then, until card_namespace_close. */
bool card_namespace_open(const struct host_card_options *options, struct host_card *card, char *error, size_t size);
void card_namespace_close(struct host_card *card);

#endif
