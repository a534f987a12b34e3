# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""`mask-proximity fleet`: prints each change of level of each robot, and a table at the end."""

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
from mask_proximity.fleet.fleet_status import Change, FleetStatus, ReceivedAlert, SourceStatus
from mask_proximity.fleet.listener import DomainListener

# DDS derives its ports from the domain id, and runs out of ports above this one.
_LAST_DOMAIN = 232
# Seconds between two checks for alerts that have expired.
_CHECK_PERIOD = 0.05
# What the JSON lines call their kinds; programs rely on these words.
_KINDS = {Change: 'change', SourceStatus: 'standing'}


def run_fleet(domains: Sequence[int], seconds: float, as_json: bool) -> int:
    """Listen, and print every change of level and a table at the end.

    Args:
        domains: Ids of the ROS domains; empty means that of ROS_DOMAIN_ID.
        seconds: How long to listen; infinity means until Ctrl-C.
        as_json: Whether to print one JSON object per line instead of text.

    Returns:
        0, or 1 if no alert was received.

    Raises:
        SettingsError: A value is out of range.
    """
    for domain in domains:
        if not 0 <= domain <= _LAST_DOMAIN:
            raise SettingsError(f'--domain is {domain}, expected 0 to {_LAST_DOMAIN}')
    if not seconds > 0.0:
        raise SettingsError(f'--seconds is {seconds:g}, expected more than 0')
    environment.prepare(os.environ)
    fleet = FleetStatus()
    with ExitStack() as stack:
        with suppress(KeyboardInterrupt):
            _listen(fleet, domains, seconds, as_json, stack)
        # A second Ctrl-C must not cut the table off.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    statuses = fleet.statuses(time.time_ns())
    if as_json:
        for status in statuses:
            print(_json(status))
    else:
        print('\n'.join(_table(statuses)))
    return 0 if statuses else 1


def _listen(
    fleet: FleetStatus, domains: Sequence[int], seconds: float, as_json: bool, stack: ExitStack
) -> None:
    """Pass alerts to `fleet` and print its changes; `stack` gets what closes the listeners."""
    received: SimpleQueue[ReceivedAlert] = SimpleQueue()
    # None: the domain of ROS_DOMAIN_ID.
    wanted: Sequence[int | None] = domains or [None]
    for domain in wanted:
        prefix = f'{domain}:' if len(domains) > 1 else ''
        stack.callback(DomainListener(domain, prefix, received.put).close)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0.0:
        with suppress(Empty):
            fleet.update(received.get(timeout=min(left, _CHECK_PERIOD)))
        for change in fleet.changes(time.time_ns()):
            print(_json(change) if as_json else _line(change), flush=True)


def _line(change: Change) -> str:
    clock = datetime.fromtimestamp(change.time / NANOSECONDS).strftime('%H:%M:%S.%f')[:-3]
    before = change.before.name if change.before is not None else 'start'
    return f'{clock}  {change.source}  {before} -> {change.level.name}  {change.text}'


def _json(item: Change | SourceStatus) -> str:
    values = {'kind': _KINDS[type(item)], **dataclasses.asdict(item)}
    values['level'] = item.level.name
    if isinstance(item, Change):
        values['time'] = item.time / NANOSECONDS
        values['before'] = item.before.name if item.before is not None else None
    # JSON has no NaN.
    return json.dumps(
        {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in values.items()
        },
        ensure_ascii=False,
    )


def _table(statuses: Sequence[SourceStatus]) -> Iterable[str]:
    if not statuses:
        yield (
            'No alert was received. Is a detector_node running in this ROS_DOMAIN_ID and on this '
            "network? 'mask-proximity doctor', run on its machine, says more."
        )
        return
    width = max(len(status.source) for status in statuses)
    yield f'{"":{width}}  level    alerts     1/s     B/s  delay ms'
    for status in statuses:
        yield (
            f'{status.source:{width}}  {status.level.name:7} {status.alerts:7}'
            f' {status.alerts_per_second:7.1f} {status.bytes_per_second:7.0f}'
            f' {1e3 * status.delay:9.1f}  {status.text}'
        )
    rates = [(status.alerts_per_second, status.bytes_per_second) for status in statuses]
    known = [rate for rate in rates if not math.isnan(rate[0])]
    alerts, bytes_ = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0)
    yield (
        f'{len(statuses)} in all: {alerts:.1f} alerts/s, {bytes_ / 1e3:.1f} kB/s, '
        "without the middleware's overhead"
    )
