# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera, detector and overlay. See `ros2 launch mask_proximity mask_proximity.launch.py -s`."""

from pathlib import Path

from ament_index_python import get_search_paths
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.environment import profile_variable


def generate_launch_description() -> LaunchDescription:
    """Wire the nodes; every parameter lies in params_file."""
    config = PathJoinSubstitution([FindPackageShare('mask_proximity'), 'config'])
    profile = profile_variable(get_search_paths())
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'camera',
                default_value='',
                description='Source of camera_node: device number or path, file, folder, URL or '
                'simulated; none where another driver publishes image_topic; empty = the source '
                'of params_file',
            ),
            DeclareLaunchArgument(
                'image_topic', default_value='image_raw', description='Topic of the images'
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([config, 'mask_proximity.yaml']),
                description='Parameters of all nodes',
            ),
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of nodes and topics'
            ),
            DeclareLaunchArgument(
                'overlay', default_value='true', description='Whether overlay_node runs'
            ),
            # By the default profile of Fast DDS most images get lost; a user's own one stays.
            SetEnvironmentVariable(
                profile,
                EnvironmentVariable(
                    profile, default_value=PathJoinSubstitution([config, 'fastdds.xml'])
                ),
            ),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context: LaunchContext) -> list[Node]:
    camera = LaunchConfiguration('camera').perform(context)
    params_file = LaunchConfiguration('params_file').perform(context)
    # launch itself would warn and go on, with limits that are not those of this robot.
    if not Path(params_file).is_file():
        raise MaskProximityError(
            f'params_file: there is no file {params_file}; expected a YAML file of parameters'
        )

    def node(executable: str, *parameters: dict, **options: object) -> Node:
        return Node(
            package='mask_proximity',
            executable=executable,
            namespace=LaunchConfiguration('namespace'),
            parameters=[params_file, *parameters],
            remappings=[('image_raw', LaunchConfiguration('image_topic'))],
            output='screen',
            **options,
        )

    nodes = [
        node('detector_node'),
        node('overlay_node', condition=IfCondition(LaunchConfiguration('overlay'))),
    ]
    if camera != 'none':
        source = {'source': ParameterValue(camera, value_type=str)} if camera else {}
        nodes.append(node('camera_node', source))
    return nodes
