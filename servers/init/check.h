/*
 * Whether a manifest makes sense, as far as the safety of whoever reads it
 * goes, and whether the calls it grants could wait for each other in a circle.
 * Used by init and by the tool that makes manifests.
 */
#ifndef SERVERS_INIT_CHECK_H
#define SERVERS_INIT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>

/*
 * True if every count, index, name and number of `manifest` is in its range
 * and calls form no cycle. Else `why` (`size` bytes, at least 1) says what is
 * wrong. `manifest` must be private memory: it is read more than once.
 */
bool check_manifest(const struct manifest *manifest, char *why, size_t size);

/*
 * Looks for services that call each other in a circle. Calls to "log" do not
 * count: nobody waits for them. Call counts and indices must be in range.
 * Returns how many entries of `path` it filled with indices of services, the
 * first and the last being the same, or 0 where there is no cycle.
 */
uint32_t check_cycle(const struct manifest *manifest, uint32_t path[MANIFEST_SERVICES + 1]);

/* Whether a mount may have this path: absolute and clean, and not the root. */
bool check_mount_path(const char *path);

/*
 * What is wrong with the mount of this index, in words that follow "mount N",
 * or NULL. Mounts before it must be sound.
 */
const char *check_mount(const struct manifest *manifest, uint32_t index);

/* Bytes of options that vfs gets, with all mounts and the NUL; at most SPAWN_OPTIONS_SIZE. Indices must be in range. */
size_t check_mount_options(const struct manifest *manifest);

#endif
