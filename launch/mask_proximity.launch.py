# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""All nodes. `ros2 launch mask_proximity mask_proximity.launch.py -s` lists the arguments."""

from ament_index_python import get_search_paths
from launch import Condition, LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, SetEnvironmentVariable
from launch.conditions import IfCondition, LaunchConfigurationNotEquals
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node, SetParameter
from launch_ros.substitutions import FindPackageShare

from mask_proximity.environment import profile_variable

try:
    from launch.substitutions import NotEqualsSubstitution
except ImportError:  # Humble
    NotEqualsSubstitution = None


def unless_camera_is(value: str) -> Condition:
    """The condition that the argument `camera` is not `value`.

    Humble has a condition class for it, about which later releases warn.
    """
    if NotEqualsSubstitution is None:
        return LaunchConfigurationNotEquals('camera', value)
    return IfCondition(NotEqualsSubstitution(LaunchConfiguration('camera'), value))


def node(executable: str, **options: object) -> Node:
    """A node of the package; all its parameters are in params_file."""
    return Node(
        package='mask_proximity',
        executable=executable,
        namespace=LaunchConfiguration('namespace'),
        # Not as `parameters`: if the file is missing, launch would only warn, and the node would
        # run with limits that are not those of this robot. This way the node refuses to start.
        ros_arguments=['--params-file', LaunchConfiguration('params_file')],
        remappings=[('image_raw', LaunchConfiguration('image_topic'))],
        output='screen',
        **options,
    )


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the nodes."""
    config = PathJoinSubstitution([FindPackageShare('mask_proximity'), 'config'])
    profile = profile_variable(get_search_paths())
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'camera',
                default_value='',
                description='Source of camera_node: device number or path, file, folder, URL or '
                'simulated; none if another driver publishes image_topic; empty for the source '
                'in params_file',
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
            DeclareLaunchArgument(
                'governor', default_value='false', description='Whether speed_governor_node runs'
            ),
            # With the default profile of Fast DDS most images are lost. A user's own profile wins.
            SetEnvironmentVariable(
                profile,
                EnvironmentVariable(
                    profile, default_value=PathJoinSubstitution([config, 'fastdds.xml'])
                ),
            ),
            node('detector_node'),
            node('overlay_node', condition=IfCondition(LaunchConfiguration('overlay'))),
            node('speed_governor_node', condition=IfCondition(LaunchConfiguration('governor'))),
            GroupAction(
                condition=unless_camera_is('none'),
                actions=[
                    SetParameter(
                        'source',
                        LaunchConfiguration('camera'),
                        condition=unless_camera_is(''),
                    ),
                    node('camera_node'),
                ],
            ),
        ]
    )
