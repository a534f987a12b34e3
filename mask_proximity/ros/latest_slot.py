# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A slot that holds only the newest item, between the callback and the worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar('Item')


class LatestSlot(Generic[Item]):
    """Whoever puts an item in replaces the one that nobody took; those are counted."""

    def __init__(self) -> None:
        """Begin empty."""
        self._ready = threading.Condition()
        self._item: Item | None = None
        self._closed = False
        self._woken = False
        self._dropped = 0

    @property
    def closed(self) -> bool:
        """Whether the worker should end."""
        return self._closed

    @property
    def dropped(self) -> int:
        """How many items were replaced before they were taken."""
        return self._dropped

    def put(self, item: Item) -> None:
        """Leave the newest item."""
        with self._ready:
            if self._item is not None:
                self._dropped += 1
            self._item = item
            self._ready.notify()

    def take(self, timeout: float, refresh: Callable[[], None] | None = None) -> Item | None:
        """The newest item; None if none came within `timeout` seconds, or after `wake`.

        Args:
            timeout: seconds.
            refresh: called when there is an item; may put a newer one in its place.
        """
        with self._ready:
            self._ready.wait_for(
                lambda: self._item is not None or self._woken or self._closed, timeout
            )
            found = self._item is not None
        if found and refresh is not None:
            refresh()
        with self._ready:
            item, self._item = self._item, None
            self._woken = False
            return None if self._closed else item

    def clear(self) -> None:
        """Forget the item that nobody has taken, and wake the worker."""
        with self._ready:
            self._item = None
            self._woken = True
            self._ready.notify()

    def wake(self) -> None:
        """Let the worker look around, though no item may be there."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def close(self) -> None:
        """Wake the worker and let it end."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
