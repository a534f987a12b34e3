# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""`mask-proximity fleet`: each change of level of each robot, and in the end how all stand."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from queue import Empty, SimpleQueue

from mask_proximity import environment
from mask_proximity.core.errors import SettingsError
from mask_proximity.core.types import NANOSECONDS
from mask_proximity.fleet.listener import DomainListener
from mask_proximity.fleet.fleet_status import Change, FleetStatus, ReceivedAlert, SourceStatus

# DDS derives ports from it, which end there.
_LAST_DOMAIN = 232
# How late an expiry is reported at most.
_PERIOD = 0.05


def run_fleet(domains: Sequence[int], seconds: float, as_json: bool) -> int:
    """Listen, print every change, and in the end a table.

    Args:
        domains: ids; none = that of ROS_DOMAIN_ID.
        seconds: to listen for; infinity = until Ctrl-C.
        as_json: print a JSON object per line in place of text.

    Returns:
        0, or 1 if no alert was heard.

    Raises:
        SettingsError: a value is out of range.
    """
    for domain in domains:
        if not 0 <= domain <= _LAST_DOMAIN:
            raise SettingsError(f'--domain is {domain}, expected 0 to {_LAST_DOMAIN}')
    if not seconds > 0.0:
        raise SettingsError(f'--seconds is {seconds:g}, expected more than 0')
    environment.prepare(os.environ)
    heard: SimpleQueue[ReceivedAlert] = SimpleQueue()
    roster = FleetStatus()
    with ExitStack() as stack:
        try:
            for domain in domains or [None]:
                prefix = f'{domain}:' if len(domains) > 1 else ''
                stack.callback(DomainListener(domain, prefix, heard.put).close)
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0.0:
                with suppress(Empty):
                    roster.update(heard.get(timeout=min(left, _PERIOD)))
                for change in roster.changes(time.time_ns()):
                    print(_json(change) if as_json else _line(change), flush=True)
        except KeyboardInterrupt:
            pass
        # An impatient second Ctrl-C must not cut the table off.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    standings = roster.standings(time.time_ns())
    if as_json:
        for standing in standings:
            print(_json(standing))
    else:
        print('\n'.join(_table(standings)))
    return 0 if standings else 1


def _line(change: Change) -> str:
    clock = datetime.fromtimestamp(change.time / NANOSECONDS).strftime('%H:%M:%S.%f')[:-3]
    before = change.before.name if change.before is not None else 'start'
    return f'{clock}  {change.source}  {before} -> {change.level.name}  {change.text}'


def _json(item: Change | SourceStatus) -> str:
    kind = 'change' if isinstance(item, Change) else 'standing'
    values = {'kind': kind, **dataclasses.asdict(item)}
    values['level'] = item.level.name
    if isinstance(item, Change):
        values['time'] = item.time / NANOSECONDS
        values['before'] = item.before.name if item.before is not None else None
    # JSON knows no NaN.
    return json.dumps(
        {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in values.items()
        },
        ensure_ascii=False,
    )


def _table(standings: Sequence[SourceStatus]) -> Iterable[str]:
    if not standings:
        yield (
            'No alert was heard. Is a detector_node running, in this ROS_DOMAIN_ID and on this '
            "network? On its machine 'mask-proximity doctor' says more."
        )
        return
    width = max(len(standing.source) for standing in standings)
    yield f'{"":{width}}  level    alerts     1/s     B/s  delay ms'
    for each in standings:
        yield (
            f'{each.source:{width}}  {each.level.name:7} {each.alerts:7}'
            f' {each.alerts_per_second:7.1f} {each.bytes_per_second:7.0f}'
            f' {1e3 * each.delay:9.1f}  {each.text}'
        )
    rates = [(each.alerts_per_second, each.bytes_per_second) for each in standings]
    steady = [rate for rate in rates if not math.isnan(rate[0])]
    alerts, bytes_ = (sum(column) for column in zip(*steady, strict=True)) if steady else (0, 0)
    yield (
        f'{len(standings)} in all: {alerts:.1f} alerts/s, {bytes_ / 1e3:.1f} kB/s, '
        'without what the middleware adds'
    )
