# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
#
# Lets this project build against the ROS 2 that comes as wheels from PyPI (`ros-jazzy-*`,
# `ros-kilted-*`). Include it right after project(). On any other ROS 2 it returns at once.
#
# The wheels have two peculiarities:
# - They lie in a Python environment that nothing has to `source`, so neither CMAKE_PREFIX_PATH nor
#   AMENT_PREFIX_PATH names it. The wheel of ament_package, which every ament build imports, tells
#   where it is; a ROS 2 that is installed otherwise has no distribution of that name.
# - The CMake targets exported by rosidl_generator_py name the Python include folder of the machine
#   on which the wheels were made, and CMake refuses an imported target whose include folder is not
#   there. Those folders are not needed here (FindPython3 gives ours), so they are dropped once all
#   targets are known. Ours are kept out of our own export, which CMake also demands where the
#   environment lies within the source tree.

include_guard(GLOBAL)

if(Python3_EXECUTABLE)
  set(_ros_wheels_python "${Python3_EXECUTABLE}")
else()
  find_program(_ros_wheels_python NAMES python3 python)
  mark_as_advanced(_ros_wheels_python)
endif()

execute_process(
  COMMAND "${_ros_wheels_python}" -c
    "from importlib.metadata import distribution as d; print(d('ros-ament-package').locate_file(''))"
  OUTPUT_VARIABLE _ros_wheels_site_packages
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
)
if(NOT _ros_wheels_site_packages)
  return()
endif()

# FindPython3 takes the newest Python of the machine; the wheels fit the one they were installed for.
set(Python3_EXECUTABLE "${_ros_wheels_python}" CACHE FILEPATH "Python of the ROS 2 wheels")

cmake_path(SET _ros_wheels_prefix NORMALIZE "${_ros_wheels_site_packages}/../../..")
list(APPEND CMAKE_PREFIX_PATH "${_ros_wheels_prefix}")
set(ENV{AMENT_PREFIX_PATH} "$ENV{AMENT_PREFIX_PATH}:${_ros_wheels_prefix}")
message(STATUS "ROS 2 from PyPI wheels in ${_ros_wheels_prefix}")

function(_ros_wheels_fix_include_folders)
  get_directory_property(imported IMPORTED_TARGETS)
  get_directory_property(own BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS imported own)
    if(NOT target MATCHES "__rosidl_generator_py$")
      continue()
    endif()
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT folders)
      continue()
    endif()
    set(fixed "")
    foreach(folder IN LISTS folders)
      if(folder MATCHES "\\$<")
        list(APPEND fixed "${folder}")
      elseif(target IN_LIST own)
        list(APPEND fixed "$<BUILD_INTERFACE:${folder}>")
      elseif(EXISTS "${folder}")
        list(APPEND fixed "${folder}")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${fixed}")
  endforeach()
endfunction()

cmake_language(DEFER CALL _ros_wheels_fix_include_folders)
