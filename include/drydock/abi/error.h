/*
 * Errors of the system-call interface (docs/ABI.md, "Results and errors").
 *
 * A system call's result is an error exactly when its upper 32 bits are all
 * ones; the low half is then one of the numbers below. POSIX errors (ENOENT
 * and so on) are no part of this: they belong to protocols (drydock/posix.h).
 */
#ifndef DRYDOCK_ABI_ERROR_H
#define DRYDOCK_ABI_ERROR_H

#include <stdbool.h>
#include <stdint.h>

enum error {
	E_OK = 0,
	/* Fixed from the first day. */
	E_PORT_INVALID = 1,      /* no such port, or the handle is not a port */
	E_PORT_FULL = 2,         /* the sender's datagrams fill its share of the port */
	E_NO_RIGHTS = 3,         /* the handle lacks a right that the call needs */
	E_INVAL = 4,             /* an argument is out of its range */
	E_NOMEM = 5,             /* the machine has no memory left */
	E_CAP_INVALID = 6,       /* stale, forged or foreign handle, or a used cookie */
	E_PROCESS_NOT_FOUND = 7, /* no such process, image or authority */
	E_NOT_OWNER = 8,         /* only the owner may do this */
	E_ALIGN = 9,             /* a size or address is not a multiple of what it must be */
	E_INVALID_SYSCALL = 10,  /* no such system call */
	/* Drydock's own. */
	E_TIMED_OUT = 16,   /* the deadline passed first */
	E_PEER_DEAD = 17,   /* the other end died or closed the lane */
	E_WOULD_BLOCK = 18, /* nothing there, and the caller asked only to look */
	E_QUOTA = 19,       /* the process may have no more of this */
	E_VIOLATION = 20,   /* the peer broke the lane's rules; the lane is closed */
	E_CANCELLED = 21,   /* the call was cancelled */
	E_REFUSED = 22,     /* the server would not accept the lane */
	E_EXISTS = 23,      /* the name is taken */
	E_BUSY = 24,        /* in use; try again later */
	E_IO = 25,          /* the machine beneath failed */
	E_TOO_LARGE = 26,   /* the message, range or buffer does not fit */
	E_LAST = E_TOO_LARGE,
};

#define ERROR_PATTERN 0xffffffff00000000ull

/* The result that says `error`. */
static inline uint64_t error_result(enum error error)
{
	return ERROR_PATTERN | (uint32_t)error;
}

/* Whether `result` is an error at all. */
static inline bool result_is_error(uint64_t result)
{
	return (result >> 32) == 0xffffffffu;
}

/* The error in `result`, or E_OK where it is a value. */
static inline enum error result_error(uint64_t result)
{
	return result_is_error(result) ? (enum error)(uint32_t)result : E_OK;
}

#endif
