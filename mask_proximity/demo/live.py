# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the whole graph on a source of the user's choice until Ctrl-C, or q in the window."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from mask_proximity import environment
from mask_proximity.core.types import NANOSECONDS, Alert, Level
from mask_proximity.demo.node_processes import NodeProcesses
from mask_proximity.demo.watcher import Watcher
from mask_proximity.demo.window import Window
from mask_proximity.ros.topic_recorder import record_graph


def run_live(
    parameters: Mapping[str, Mapping[str, object]],
    params_file: Path | None,
    namespace: str,
    show: bool,
    record: Path | None = None,
) -> int:
    """Run the graph.

    Args:
        parameters: Parameters of each node, by name; they win over those in the file.
        params_file: ROS parameter file for all nodes; None means none.
        namespace: Namespace of all nodes; '' is the root.
        show: Whether to open a window if there is a display.
        record: MCAP file for everything that the nodes publish; None means none.

    Returns:
        0 after Ctrl-C or q; 1 if a node has ended by itself.

    Raises:
        OutputError: The recording cannot be written.
        SourceError: The package that writes it is not installed.
    """
    environment.prepare(os.environ)
    # Without rclpy's own signal handlers, which would end the context, and whatever uses it,
    # before this process gets its KeyboardInterrupt.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    window = Window.open('mask_proximity') if show else None
    executor = SingleThreadedExecutor()
    try:
        # Made before the nodes start, so that it receives their first alerts.
        watcher = Watcher(namespace)
        watcher.on_change = _print_change
        with record_graph(record, namespace) as recorder, NodeProcesses(namespace) as nodes:
            if recorder is not None:
                executor.add_node(recorder)
            for node in ('detector_node', 'overlay_node', 'camera_node'):
                nodes.start(node, parameters[node], params_file)
            if window is not None:
                watcher.watch_overlay(lambda image, stamp: window.show(image), depth=1)
                print('Press q in the window, or Ctrl-C here, to stop.')
            else:
                print(f'No window; watch {namespace}/image_overlay in rqt. Ctrl-C stops.')
            executor.add_node(watcher)
            return _spin(executor, nodes, window)
    except KeyboardInterrupt:
        return 0
    finally:
        if window is not None:
            window.close()
        executor.shutdown()
        rclpy.try_shutdown()


def _spin(executor: SingleThreadedExecutor, nodes: NodeProcesses, window: Window | None) -> int:
    """Spin until the window is closed (0) or a node ends (1)."""
    while window is None or window.is_open():
        executor.spin_once(timeout_sec=0.03)
        if ended := nodes.ended():
            print(f'{", ".join(ended)} has ended.')
            return 1
    return 0


def _print_change(before: Level | None, alert: Alert, published: int) -> None:
    clock = datetime.fromtimestamp(published / NANOSECONDS).strftime('%H:%M:%S')
    was = before.name if before is not None else 'start'
    print(f'{clock}  {was:>7} -> {alert.level.name:<7}  {alert.text}', flush=True)
