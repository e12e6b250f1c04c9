/* Reading the manifest that a person writes (docs/MANIFEST.md). */
#ifndef DRYDOCK_SIM_MANIFEST_H
#define DRYDOCK_SIM_MANIFEST_H

#include <stdbool.h>
#include <stdio.h>

#include <drydock/abi/manifest.h>

/*
 * Reads the file `path` into `manifest`. True if it is sound. Else everything
 * that is wrong, up to 20 lines like `FILE:LINE: what to do about it`, goes to
 * `errors`, and `manifest` is of no use. Whether images exist is not looked at.
 */
bool manifest_read(const char *path, FILE *errors, struct manifest *manifest);

/*
 * Adds a service, the last to start, and its file system at `path` with `flags`
 * (MOUNT_*); roles that call vfs may call it. NULL, or what is wrong, in words; the manifest is of no use then.
 */
const char *manifest_add_file_system(struct manifest *manifest, const struct manifest_service *service,
                                     const char *path, uint32_t flags);

#endif
