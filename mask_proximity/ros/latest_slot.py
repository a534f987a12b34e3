# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The slot by which the executor's thread hands work to a worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar('State')
Item = TypeVar('Item')


class LatestSlot(Generic[State, Item]):
    """Holds the current state and the newest item that belongs to it.

    An item that was not taken is replaced by the next one and counted as dropped. An item of an
    earlier state is never taken: it is discarded with its state, and refused if it comes late.
    """

    def __init__(self, state: State) -> None:
        """Start empty.

        Args:
            state: The first state.
        """
        self._ready = threading.Condition()
        self._state = state
        self._item: Item | None = None
        self._closed = False
        self._woken = False
        self._dropped = 0

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    @property
    def closed(self) -> bool:
        """Whether the worker should end."""
        return self._closed

    @property
    def dropped(self) -> int:
        """Number of items that were replaced before they were taken."""
        return self._dropped

    def switch(self, state: State) -> None:
        """Set another state, discard the item of the one before, and wake the worker."""
        with self._ready:
            self._state, self._item = state, None
            self._woken = True
            self._ready.notify()

    def put(self, item: Item, state: State) -> None:
        """Leave an item for the worker.

        Args:
            item: Replaces the one that is there.
            state: State that the item belongs to; nothing is done if another one is current.
        """
        with self._ready:
            if state is not self._state:
                return
            if self._item is not None:
                self._dropped += 1
            self._item = item
            self._ready.notify()

    def take(
        self, timeout: float, refresh: Callable[[State], None] | None = None
    ) -> tuple[State, Item | None]:
        """Wait for an item, for another state, for `wake` or for `close`.

        Args:
            timeout: Longest wait in seconds.
            refresh: Called with the state when there is an item; may put a newer one in its place.

        Returns:
            The current state and its newest item, None if there is none.
        """
        with self._ready:
            self._ready.wait_for(
                lambda: self._item is not None or self._woken or self._closed, timeout
            )
            state, found = self._state, self._item is not None
        if found and refresh is not None:
            refresh(state)
        with self._ready:
            item, self._item = self._item, None
            self._woken = False
            return self._state, item

    def wake(self) -> None:
        """Let `take` return although there may be no item."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def close(self) -> None:
        """Wake the worker and let it end."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
