# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The slot between callback and worker."""

from __future__ import annotations

import threading

from mask_proximity.ros.latest_slot import LatestSlot


def test_only_the_newest_is_taken_and_the_others_are_counted() -> None:
    slot: LatestSlot[int] = LatestSlot()
    for item in range(5):
        slot.put(item)
    assert slot.take(0.0) == 4
    assert slot.dropped == 4
    assert slot.take(0.0) is None
    slot.put(7)
    assert slot.take(0.0) == 7
    assert slot.dropped == 4


def test_close_wakes_the_worker() -> None:
    slot: LatestSlot[int] = LatestSlot()
    taken: list[int | None] = []
    worker = threading.Thread(target=lambda: taken.append(slot.take(60.0)))
    worker.start()
    slot.close()
    worker.join(timeout=10.0)
    assert not worker.is_alive()
    assert taken == [None] and slot.closed


def test_a_worker_that_waits_gets_what_comes() -> None:
    slot: LatestSlot[str] = LatestSlot()
    taken: list[str | None] = []
    worker = threading.Thread(target=lambda: taken.append(slot.take(60.0)))
    worker.start()
    slot.put('image')
    worker.join(timeout=10.0)
    assert taken == ['image'] and slot.dropped == 0


def test_a_last_look_may_bring_a_newer_item() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    assert slot.take(0.0, lambda: slot.put(2)) == 2
    assert slot.dropped == 1
    # Nothing has woken the worker, so there is nothing to look for.
    assert slot.take(0.0, lambda: slot.put(3)) is None
