"""The memories that are forgotten next, found for many writes at once."""

import numpy as np

_LISTED = 2048  # slots listed at a time, at least
_SHARE = 64  # of a large store, this part is listed


class Victims:
    """Chooses the slots to forget, by a rule of `forgetting`.

    The slots of the lowest priority are listed: a look at every slot, once
    for many writes. A slot that is not listed has a priority above all that
    were, for whatever lowers a priority is told to `changed`; a listed slot
    whose priority has risen above them is struck off when it is met. So the
    choice is the rule's own, not an approximation.

    Args:
        rule: a `forgetting.Forgetting`.
        slots: the `Slots` of the store.
    """

    def __init__(self, rule, slots):
        self.rule = rule
        self.slots = slots
        self.listed = np.empty(0, "int64")
        self.is_listed = np.zeros(len(slots.ids), bool)
        self.highest = complex(-np.inf)  # of those listed

    def changed(self, chosen):
        """To be told after a write, an update or another usefulness."""
        if not len(self.listed):
            return  # the next choice looks at every slot
        new = chosen[~self.is_listed[chosen]]
        new = new[self._keys(new) <= self.highest]
        if len(new):
            self._list(np.concatenate([self.listed, new]))

    def choose(self, count):
        """The `count` slots to forget now, int64 `(count,)`."""
        keys = self._keys(self.listed)
        stay = (self.slots.written[self.listed] > 0) & (keys <= self.highest)
        if np.count_nonzero(stay) < count:
            share = len(self.slots.ids) // _SHARE
            self._look_at_all(max(count, _LISTED, share))
            keys = self._keys(self.listed)
        elif not stay.all():
            self._list(self.listed[stay])
            keys = keys[stay]
        lowest = _lowest(keys, count)
        victims = self.listed[lowest]
        self._list(np.delete(self.listed, lowest))
        return victims

    def _look_at_all(self, count):
        filled = np.flatnonzero(self.slots.written)
        keys = self._keys(filled)
        lowest = _lowest(keys, min(count, len(filled)))
        self.highest = keys[lowest].max()
        self._list(filled[lowest])

    def _list(self, listed):
        self.is_listed[self.listed] = False
        self.is_listed[listed] = True
        self.listed = listed

    def _keys(self, chosen):
        """Priority, then time of writing, as complex `(n,)`.

        Complex numbers are ordered by their real parts, and equal ones by
        their imaginary parts.
        """
        keys = np.empty(len(chosen), "complex128")
        keys.real = self.rule.priority(self.slots, chosen)
        keys.imag = self.slots.written[chosen]
        return keys


def _lowest(keys, count):
    if count == 1:
        return np.array([keys.argmin()])
    return np.argpartition(keys, count - 1)[:count]
