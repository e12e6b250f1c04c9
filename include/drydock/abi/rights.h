/* Rights of a capability (docs/ABI.md, "Handles and rights"). */
#ifndef DRYDOCK_ABI_RIGHTS_H
#define DRYDOCK_ABI_RIGHTS_H

#include <stdint.h>

typedef uint32_t rights_t;

#define RIGHT_SEND     (1u << 0) /* port: send datagrams, open lanes */
#define RIGHT_RECEIVE  (1u << 1) /* port: take what arrives; exactly one holder */
#define RIGHT_DESTROY  (1u << 2) /* port: end it; process: kill it */
#define RIGHT_DERIVE   (1u << 3) /* port: make badged SEND capabilities */
#define RIGHT_READ     (1u << 4) /* memory: map readable; process: inspect */
#define RIGHT_WRITE    (1u << 5) /* memory: map writable */
#define RIGHT_EXECUTE  (1u << 6) /* memory: map executable; authority: use it */
#define RIGHT_TRANSFER (1u << 7) /* any: may be duplicated and handed on */
#define RIGHTS_ALL     0xffu

#endif
