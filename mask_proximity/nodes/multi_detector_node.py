# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras in one process: a detector_node in the namespace of each, with shared nets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

import rclpy
from rclpy.exceptions import InvalidNamespaceException
from rclpy.utilities import remove_ros_args
from rclpy.validate_namespace import validate_namespace

from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.nodes.detector_node import DetectorNode
from mask_proximity.ros.runner import run_together


def parse(arguments: Sequence[str]) -> tuple[list[str], int]:
    """The cameras and the replicas that a command line names; ends the process after a mistake.

    Args:
        arguments: Arguments without those of ROS; a launch file gives all cameras in one of them.
    """
    parser = argparse.ArgumentParser(
        prog='multi_detector_node', description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        'cameras', nargs='+', help="namespaces, e.g. 'front rear'; each takes its image_raw there"
    )
    parser.add_argument(
        '--replicas',
        type=int,
        metavar='N',
        help='pictures that are searched for faces at the same time, each by a copy of the net '
        '[one per core, and per camera at most]',
    )
    # Name of the option up to 0.5.
    parser.add_argument('--lanes', type=int, dest='replicas', help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    names = ' '.join(options.cameras).split()
    if not names:
        parser.error('no camera is named')
    for name in names:
        try:
            validate_namespace(f'/{name}')
        except InvalidNamespaceException:
            parser.error(
                f'{name!r} cannot be the name of a camera, since it is no namespace: letters, '
                'digits and underscores, no digit first'
            )
        if names.count(name) > 1:
            parser.error(f'the camera {name!r} is named twice')
    replicas = min(len(names), len(os.sched_getaffinity(0)))
    if options.replicas is not None:
        if options.replicas < 1:
            parser.error(f'--replicas is {options.replicas}, expected 1 or more')
        replicas = options.replicas
    return names, replicas


def make_nodes(arguments: Sequence[str]) -> Iterator[DetectorNode]:
    """A detector for each camera that a command line names, below its namespace."""
    cameras, replicas = parse(remove_ros_args(arguments)[1:])
    # Only a node can tell the namespace that the command line sets.
    probe = rclpy.create_node('multi_detector_node', enable_rosout=False)
    namespace = probe.get_namespace().rstrip('/')
    probe.destroy_node()
    nets = NetPool(replicas)
    for camera in cameras:
        yield DetectorNode(f'{namespace}/{camera}', nets)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a detector_node for each camera."""
    command_line = sys.argv if arguments is None else arguments
    return run_together(lambda: make_nodes(command_line), arguments)


if __name__ == '__main__':
    sys.exit(main())
