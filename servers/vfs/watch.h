/*
 * Watching: what tells a client that remembers, as the FUSE bridge and Linux
 * behind it do, which nodes and names others have changed (fs.watch).
 *
 * Nothing is lost, however much changes while nobody asks: that a node was
 * changed is marked at the session's reference to it, and where more names
 * change than are kept one by one, that any name of a directory may have.
 *
 * Whoever changes something says so afterwards, by watch_node and watch_name.
 * That reading marks the time of access is no change here.
 */
#ifndef VFS_WATCH_H
#define VFS_WATCH_H

#include "node.h"
#include "vfs.h"

struct request;
struct watch;

/* Whether anybody but `caller` watches at all. */
bool watch_others(const struct caller *caller);

/* Attributes or content of `node` are others now. */
void watch_node(const struct caller *caller, uint64_t node);

/* The name is another node's or nobody's now, and times and links of the directory are others. */
void watch_name(const struct caller *caller, const struct node_name *at);

/*
 * Serves fs.watch: replies at once with what has happened since the session
 * began to watch, or detaches the request until something does. POSIX_EBUSY:
 * one is outstanding; POSIX_EINVAL: room for less than one event.
 */
int32_t watch_serve(struct request *request, const struct caller *caller, uint8_t *events, uint32_t capacity,
                    uint32_t *length);

/* A reference of the session goes. `watch` may be NULL. */
struct session_reference;
void watch_forgotten(struct watch *watch, const struct session_reference *reference);

/* The session ends; none of its requests is outstanding. NULL is harmless. */
void watch_end(struct watch *watch);

#endif
