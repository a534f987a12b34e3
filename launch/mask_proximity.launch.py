# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera, detector and overlay. See `ros2 launch mask_proximity mask_proximity.launch.py -s`."""

from ament_index_python import get_search_paths
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from mask_proximity.environment import profile_variable

try:
    from launch.substitutions import NotEqualsSubstitution
except ImportError:  # Humble
    from launch.conditions import LaunchConfigurationNotEquals

    with_camera = LaunchConfigurationNotEquals('camera', 'none')
else:
    with_camera = IfCondition(NotEqualsSubstitution(LaunchConfiguration('camera'), 'none'))


def generate_launch_description() -> LaunchDescription:
    """Wire the nodes; every parameter lies in params_file."""
    config = PathJoinSubstitution([FindPackageShare('mask_proximity'), 'config'])
    namespace = LaunchConfiguration('namespace')
    params_file = LaunchConfiguration('params_file')
    profile = profile_variable(get_search_paths())
    remappings = [('image_raw', LaunchConfiguration('image_topic'))]
    camera = ParameterValue(LaunchConfiguration('camera'), value_type=str)
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'camera',
                default_value='0',
                description='Source of camera_node: device number or path, file, folder, URL or '
                'simulated; none where another driver publishes image_topic',
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
            Node(
                package='mask_proximity',
                executable='camera_node',
                namespace=namespace,
                parameters=[params_file, {'source': camera}],
                remappings=remappings,
                output='screen',
                condition=with_camera,
            ),
            Node(
                package='mask_proximity',
                executable='detector_node',
                namespace=namespace,
                parameters=[params_file],
                remappings=remappings,
                output='screen',
            ),
            Node(
                package='mask_proximity',
                executable='overlay_node',
                namespace=namespace,
                parameters=[params_file],
                remappings=remappings,
                output='screen',
                condition=IfCondition(LaunchConfiguration('overlay')),
            ),
        ]
    )
