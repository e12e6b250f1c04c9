/* Times as HTTP writes them (RFC 9110, section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". */
#ifndef DRYDOCK_HTTPD_DATE_H
#define DRYDOCK_HTTPD_DATE_H

#include <stdint.h>

#define DATE_SIZE 32 /* bytes, with the NUL */

/* `seconds` since 1970; before that and after the year 9999: 1970's first second. */
void date_write(int64_t seconds, char text[DATE_SIZE]);

#endif
