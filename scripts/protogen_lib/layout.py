"""Where arguments and results lie in the words of a message (drydock/abi/message.h)."""

from dataclasses import dataclass

REPLY_WORDS = (2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Place:
    """Part of a message: `bits` (32 or 64) of word `word`, from bit `shift` (0 or 32) on."""
    word: int
    shift: int
    bits: int


class Words:
    """Free words of one message, given out first fit."""

    def __init__(self, words):
        self.free = [(word, (0, 32)) for word in words]

    def take(self, bits):
        """The first place for `bits` bits, or None where there is none left."""
        for index, (word, halves) in enumerate(self.free):
            if bits == 64 and len(halves) == 2:
                del self.free[index]
                return Place(word, 0, 64)
            if bits == 32:
                if len(halves) == 2:
                    self.free[index] = (word, halves[1:])
                else:
                    del self.free[index]
                return Place(word, halves[0], 32)
        return None


def request_words(sessions, has_in, has_out):
    """The words of a request that are the operation's own."""
    taken = {0}
    if sessions:
        taken.add(4)
    if has_out:
        taken.add(5)
    if has_in:
        taken.add(6)
    return [word for word in range(8) if word not in taken]


def place_arguments(sessions, arguments):
    """
    Sets `place` of every scalar, in order, then `place` of the string lengths
    that are sent: all but that of the last thing in the IN range. Returns the
    name of the first argument that does not fit, or None.
    """
    strings = [argument for argument in arguments if argument.kind == "string"]
    data = [argument for argument in arguments if argument.kind == "in"]
    has_out = any(argument.kind == "out" for argument in arguments)
    words = Words(request_words(sessions, bool(strings or data), has_out))
    lengths = strings if data else strings[:-1]
    for argument in [argument for argument in arguments if argument.kind == "scalar"] + lengths:
        argument.place = words.take(argument.bits)
        if not argument.place:
            return argument.name
    return None


def place_results(results):
    """Sets `place` of every result. Returns the name of the first that does not fit, or None."""
    words = Words(REPLY_WORDS)
    for result in results:
        result.place = words.take(result.bits)
        if not result.place:
            return result.name
    return None
