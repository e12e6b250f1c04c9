/*
 * A doubly linked list whose links lie in the elements. The head is a link of
 * its own; an element that is in no list points to itself.
 */
#ifndef DRYDOCK_LIST_H
#define DRYDOCK_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *previous;
};

/* The structure of `type` whose `member` is `link`. */
#define list_entry(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list->previous = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_add_tail(struct list *list, struct list *link)
{
	link->next = list;
	link->previous = list->previous;
	list->previous->next = link;
	list->previous = link;
}

static inline void list_add_head(struct list *list, struct list *link)
{
	list_add_tail(list->next, link);
}

/* Takes `link` out of its list; harmless where it is in none. */
static inline void list_remove(struct list *link)
{
	link->next->previous = link->previous;
	link->previous->next = link->next;
	list_init(link);
}

/* The first link, taken out; NULL where there is none. */
static inline struct list *list_take(struct list *list)
{
	struct list *link = list->next;

	if (link == list)
		return NULL;
	list_remove(link);
	return link;
}

/* Every link; the body may remove `link` itself but no other. */
#define list_for_each(link, head)                                                                       \
	for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
	     link = link##_next, link##_next = link->next)

#endif
