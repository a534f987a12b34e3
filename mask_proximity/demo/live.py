# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the whole graph on a camera of the user's choice until Ctrl-C, or q in the window."""

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
from mask_proximity.demo.node_processes import Graph
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
    """Run the main job.

    Args:
        parameters: of each node, by name; they win over those of the file.
        params_file: ROS parameter file of all nodes.
        namespace: of all nodes; '' is the root.
        show: whether to open a window where there is a display.
        record: MCAP file for all that the nodes say; None = none.

    Returns:
        0 after Ctrl-C or q; 1 if a node has ended by itself.

    Raises:
        OutputError: the recording cannot be written.
        SourceError: what writes it is not installed.
    """
    environment.prepare(os.environ)
    # Ctrl-C and a kill reach this process as KeyboardInterrupt alone: rclpy's own handlers would
    # end the context first, and whatever is under way with it.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    window = Window.open('mask_proximity') if show else None
    executor = SingleThreadedExecutor()
    try:
        # Before the nodes, so that it hears their first words.
        watcher = Watcher(namespace)
        watcher.on_change = _tell_change
        with record_graph(record, namespace) as recorder, Graph(namespace) as graph:
            if recorder is not None:
                executor.add_node(recorder)
            for node in ('detector_node', 'overlay_node', 'camera_node'):
                graph.start(node, parameters[node], params_file)
            if window is not None:
                watcher.watch_overlay(lambda image, stamp: window.show(image), depth=1)
                print('Press q in the window, or Ctrl-C here, to end.')
            else:
                print(f'No window; watch {namespace}/image_overlay in rqt. Ctrl-C ends.')
            executor.add_node(watcher)
            while window is None or window.is_open():
                executor.spin_once(timeout_sec=0.03)
                if ended := graph.ended():
                    print(f'{", ".join(ended)} has ended.')
                    return 1
    except KeyboardInterrupt:
        pass
    finally:
        if window is not None:
            window.close()
        executor.shutdown()
        rclpy.try_shutdown()
    return 0


def _tell_change(before: Level | None, alert: Alert, published: int) -> None:
    clock = datetime.fromtimestamp(published / NANOSECONDS).strftime('%H:%M:%S')
    was = before.name if before is not None else 'start'
    print(f'{clock}  {was:>7} -> {alert.level.name:<7}  {alert.text}', flush=True)
