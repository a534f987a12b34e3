# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One detector process for several cameras whose drivers are already running."""

from ament_index_python import get_search_paths
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from mask_proximity.environment import profile_variable


def generate_launch_description() -> LaunchDescription:
    """Start multi_detector_node."""
    config = PathJoinSubstitution([FindPackageShare('mask_proximity'), 'config'])
    profile = profile_variable(get_search_paths())
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'cameras',
                default_value='front rear',
                description='Namespaces of the cameras, separated by spaces',
            ),
            DeclareLaunchArgument(
                'image_topic',
                default_value='image_raw',
                description='Topic of the images in the namespace of each camera',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([config, 'mask_proximity.yaml']),
                description='Parameters: /**/detector_node for all cameras, /front/detector_node '
                'for one',
            ),
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace above those of the cameras'
            ),
            # With the default profile of Fast DDS most images are lost. A user's own profile wins.
            SetEnvironmentVariable(
                profile,
                EnvironmentVariable(
                    profile, default_value=PathJoinSubstitution([config, 'fastdds.xml'])
                ),
            ),
            Node(
                package='mask_proximity',
                executable='multi_detector_node',
                namespace=LaunchConfiguration('namespace'),
                # A single argument, which the node splits.
                arguments=[LaunchConfiguration('cameras')],
                # Not as `parameters`, for which launch accepts a missing file.
                ros_arguments=['--params-file', LaunchConfiguration('params_file')],
                remappings=[('image_raw', LaunchConfiguration('image_topic'))],
                output='screen',
            ),
        ]
    )
