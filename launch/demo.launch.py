# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Detector and overlay with the simulated camera in a loop; needs no hardware."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Include mask_proximity.launch.py with config/demo.yaml."""
    share = FindPackageShare('mask_proximity')
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of nodes and topics'
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([share, 'launch', 'mask_proximity.launch.py'])
                ),
                launch_arguments={
                    'params_file': PathJoinSubstitution([share, 'config', 'demo.yaml']),
                    'namespace': LaunchConfiguration('namespace'),
                }.items(),
            ),
        ]
    )
