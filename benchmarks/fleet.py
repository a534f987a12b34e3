# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure the cost of several cameras in one detector, and of many robots in one fleet listener.

Run it on Linux, in an environment with the package: `python benchmarks/fleet.py`. Simulated
cameras, detectors, robots and `mask-proximity fleet` are real processes that use the middleware.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rclpy

from mask_proximity import environment
from mask_proximity.msg import FaceProximity, ProximityAlert
from mask_proximity.ros import qos
from mask_proximity.ros.conversions import duration_message

# At the end of the path: the source tree's own mask_proximity lacks the messages.
sys.path.append(str(Path(__file__).resolve().parents[1]))
from benchmarks.processes import START_TIME, Ear, cpu_seconds, megabytes, process  # noqa: E402

# A person who walks up and leaves: seconds of each level.
COURSE = [ProximityAlert.CLEAR] * 3 + [ProximityAlert.CAUTION] * 2 + [ProximityAlert.ALERT] * 2
PICTURE = 640 * 480 * 3


def measure_cameras(
    number: int, rate: float, seconds: float, settings: Sequence[str], replicas: int
) -> str:
    """A row of the table: one detector process of so many replicas, or (0) one for each camera."""
    cameras = [f'camera{index}' for index in range(number)]
    given = [word for setting in settings for word in ('-p', setting)]
    if replicas:
        named = ('--', '--replicas', f'{replicas}', *cameras)
        commands = [environment.node_command('multi_detector_node', *given, *named)]
    else:
        commands = [
            environment.node_command('detector_node', *given, '-r', f'__ns:=/{camera}')
            for camera in cameras
        ]
    ear = Ear(cameras)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        stack.callback(ear.close)
        judges = [
            stack.enter_context(process(Path(folder, f'detector{index}'), command))
            for index, command in enumerate(commands)
        ]
        for camera in cameras:
            arguments = ['-r', f'__ns:=/{camera}']
            for setting in ('source:=simulated', f'rate:={rate}', 'loop:=true'):
                arguments += ['-p', setting]
            stack.enter_context(
                process(Path(folder, camera), environment.node_command('camera_node', *arguments))
            )
        ear.await_images()
        ear.listen(3.0)
        ear.clear()
        before = cpu_seconds(judges)
        ear.listen(seconds)
        used, memory = cpu_seconds(judges) - before, megabytes(judges)
    rates = [len(heard) / seconds for heard in ear.heard.values()]
    latencies = sorted(alert.latency for heard in ear.heard.values() for alert in heard.values())
    return (
        f'| {f"one process, {replicas} replicas" if replicas else f"{number} processes"} | '
        f'{" ".join(f"{rate:.1f}" for rate in rates)} | {min(rates) / max(rates):.2f} | '
        f'{statistics.median(latencies):.0f} | {latencies[int(0.95 * len(latencies))]:.0f} | '
        f'{100 * used / seconds:.0f} % | {memory:.0f} |'
    )


def be_robot(name: str, rate: float, alerts: int) -> int:
    """Publish alerts of one face from the moment when somebody listens; a process of its own."""
    rclpy.init(args=[])
    node = rclpy.create_node('robot', namespace=name)
    publisher = node.create_publisher(ProximityAlert, 'alert', qos.ALERT)
    print('ready', flush=True)
    while not publisher.get_subscription_count():
        time.sleep(0.01)
    begin = time.monotonic()
    for number in range(alerts):
        message = ProximityAlert(
            level=COURSE[int(number / rate) % len(COURSE)],
            text='Maintain Distance',
            valid_for=duration_message(1_000_000_000),
            faces=[FaceProximity(track_id='1')],
        )
        message.header.stamp = node.get_clock().now().to_msg()
        message.header.frame_id = 'camera_optical_frame'
        publisher.publish(message)
        time.sleep(max(0.0, begin + (number + 1) / rate - time.monotonic()))
    # The last ones may still be on their way.
    time.sleep(2.0)
    node.destroy_node()
    rclpy.shutdown()
    return 0


def measure_robots(number: int, rate: float, seconds: float) -> Iterator[str]:
    """Lines on robots that are there when the listener starts."""
    alerts = round(rate * seconds)
    program = str(environment.prefix() / 'lib' / 'mask_proximity' / 'mask-proximity')
    with TemporaryDirectory() as folder, ExitStack() as stack:
        robots = [
            subprocess.Popen(
                [sys.executable, __file__, '--robot', f'/robot{index}', f'{rate}', f'{alerts}'],
                stdout=subprocess.PIPE,
            )
            for index in range(number)
        ]
        for robot in robots:
            stack.callback(robot.kill)
            assert robot.stdout is not None
            robot.stdout.readline()
        log = Path(folder, 'fleet')
        started = time.time()
        with process(log, [sys.executable, program, 'fleet', '--json']) as listener:
            time.sleep(5.0)
            before, begin = cpu_seconds([listener]), time.monotonic()
            time.sleep(max(0.0, seconds - 7.0))
            load = (cpu_seconds([listener]) - before) / (time.monotonic() - begin)
            for robot in robots:
                robot.wait(START_TIME)
        lines: list[dict[str, Any]] = [json.loads(line) for line in log.read_text().splitlines()]
    first = {
        line['source']: line['time']
        for line in lines
        if line['kind'] == 'change' and line['before'] is None
    }
    until_all = max(first.values()) - started
    standings = [line for line in lines if line['kind'] == 'standing']
    heard = sum(line['alerts'] for line in standings)
    bytes_ = sum(line['bytes_per_second'] for line in standings)
    rate_heard = sum(line['alerts_per_second'] for line in standings)
    delay = statistics.median(line['delay'] for line in standings)
    rows = {
        'robots heard': f'{len(standings)} of {number}',
        'from the start of the listener until all were heard': f'{until_all:.1f} s',
        'alerts published, heard': f'{number * alerts}, {heard}',
        'alerts per second': f'{rate_heard:.0f}',
        'an alert with one face': f'{bytes_ / rate_heard:.0f} B',
        'alerts of all robots': f'{bytes_ / 1e3:.0f} kB/s',
        'their pictures would be (640x480 in colour)': f'{number * rate * PICTURE / 1e6:.0f} MB/s',
        'from publishing to hearing, the least, median of the robots': f'{1e3 * delay:.1f} ms',
        'processor time of the listener': f'{100 * load:.0f} % of a core',
    }
    for name, value in rows.items():
        yield f'| {name} | {value} |'


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cameras', type=int, default=4)
    parser.add_argument('--robots', type=int, default=20)
    parser.add_argument('--rate', type=float, default=10.0, help='of each camera and robot, 1/s')
    parser.add_argument('--seconds', type=float, default=20.0, help='for each measurement')
    parser.add_argument(
        '--set',
        action='append',
        default=[],
        metavar='NAME:=VALUE',
        dest='settings',
        help='a parameter of the detectors; may be repeated',
    )
    parser.add_argument('--robot', nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.robot:
        name, rate, alerts = options.robot
        return be_robot(name, float(rate), int(alerts))
    environment.prepare(os.environ)
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    print(f'Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}')
    rclpy.init(args=[])
    print(f'\n{options.cameras} simulated cameras at {options.rate:g} frames per second:\n')
    print('| detectors | fps of each camera | min/max | latency, ms | 95 % | CPU | memory, MB |')
    print('|---|---|---|---|---|---|---|')
    for replicas in (1, 2, 0):
        row = measure_cameras(
            options.cameras, options.rate, options.seconds, options.settings, replicas
        )
        print(row, flush=True)
    rclpy.shutdown()
    print(f'\n{options.robots} robots at {options.rate:g} alerts per second:\n')
    print('| | |\n|---|---|')
    for line in measure_robots(options.robots, options.rate, options.seconds):
        print(line)
    return 0


if __name__ == '__main__':
    sys.exit(main())
