/*
 * Turns a manifest into its flat form, at build time, for machines on which
 * nobody could read the other: drydock-manifest MANIFEST OUTPUT.
 */
#include "manifest.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argument_count, char **arguments)
{
	static struct manifest manifest;
	FILE *output;

	if (argument_count != 3) {
		fprintf(stderr, "usage: %s MANIFEST OUTPUT\n", arguments[0]);
		return 2;
	}
	if (!manifest_read(arguments[1], stderr, &manifest))
		return EXIT_FAILURE;
	output = fopen(arguments[2], "wb");
	if (output == NULL || fwrite(&manifest, sizeof(manifest), 1, output) != 1 || fclose(output) != 0) {
		perror(arguments[2]);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
