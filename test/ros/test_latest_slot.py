# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The slot between the executor's thread and the worker."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.ros.latest_slot import LatestSlot


def test_only_the_newest_item_is_taken_and_the_others_are_counted() -> None:
    slot: LatestSlot[str, int] = LatestSlot('on')
    for item in range(5):
        slot.put(item, 'on')
    assert slot.take(0.0) == ('on', 4)
    assert slot.dropped == 4
    assert slot.take(0.0) == ('on', None)
    slot.put(7, 'on')
    assert slot.take(0.0) == ('on', 7)
    assert slot.dropped == 4


def test_close_wakes_the_worker() -> None:
    slot: LatestSlot[str, int] = LatestSlot('on')
    taken: list[tuple[str, int | None]] = []
    worker = threading.Thread(target=lambda: taken.append(slot.take(60.0)))
    worker.start()
    slot.close()
    worker.join(timeout=30.0)
    assert not worker.is_alive()
    assert taken == [('on', None)] and slot.closed


def test_a_waiting_worker_gets_what_comes() -> None:
    slot: LatestSlot[str, str] = LatestSlot('on')
    taken: list[tuple[str, str | None]] = []
    worker = threading.Thread(target=lambda: taken.append(slot.take(60.0)))
    worker.start()
    slot.put('image', 'on')
    worker.join(timeout=30.0)
    assert taken == [('on', 'image')] and slot.dropped == 0


def test_a_refresh_may_bring_a_newer_item() -> None:
    slot: LatestSlot[str, int] = LatestSlot('on')
    slot.put(1, 'on')
    assert slot.take(0.0, lambda state: slot.put(2, state)) == ('on', 2)
    assert slot.dropped == 1
    # Nothing has woken the worker, so there is nothing to refresh.
    assert slot.take(0.0, lambda state: slot.put(3, state)) == ('on', None)


def test_a_new_state_wakes_the_worker_and_discards_the_item_of_the_old_one() -> None:
    slot: LatestSlot[str, int] = LatestSlot('on')
    slot.put(1, 'on')
    slot.switch('off')
    assert slot.take(60.0) == ('off', None)
    assert slot.dropped == 0


def test_an_item_of_an_earlier_state_is_not_let_in() -> None:
    slot: LatestSlot[str, int] = LatestSlot('on')
    slot.put(1, 'on')

    def deactivate_and_come_late(state: str) -> None:
        slot.switch('off')
        slot.put(2, state)

    assert slot.take(0.0, deactivate_and_come_late) == ('off', None)


@given(
    steps=st.lists(
        st.one_of(st.tuples(st.just('put'), st.integers(0, 2)), st.just(('switch', 0))),
        max_size=30,
    )
)
def test_what_is_taken_always_belongs_to_the_current_state(steps: list[tuple[str, int]]) -> None:
    states = [object()]
    slot: LatestSlot[object, object] = LatestSlot(states[0])
    for step, back in steps:
        if step == 'switch':
            states.append(object())
            slot.switch(states[-1])
        else:
            state = states[max(0, len(states) - 1 - back)]
            slot.put(state, state)
        state, item = slot.take(0.0) if back == 1 else (states[-1], None)
        assert state is states[-1]
        assert item is None or item is state
