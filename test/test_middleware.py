# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether an environment gives a process room for images."""

from __future__ import annotations

from pathlib import Path

import pytest

from mask_proximity import environment
from mask_proximity.middleware import fast_dds_profile, middleware

OLD, NEW = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
PROFILE = """<dds{namespace}><profiles><transport_descriptors>
  <transport_descriptor><transport_id>shm</transport_id><type>{kind}</type>{size}
  </transport_descriptor></transport_descriptors>
  <participant><rtps><userTransports><transport_id>{used}</transport_id></userTransports></rtps>
  </participant></profiles></dds>"""


def profile(
    folder: Path,
    size: int | None,
    kind: str = 'SHM',
    used: str = 'shm',
    namespace: str = ' xmlns="http://www.eprosima.com"',
) -> str:
    path = folder / 'profile.xml'
    element = '' if size is None else f'<segment_size>{size}</segment_size>'
    path.write_text(PROFILE.format(kind=kind, size=element, used=used, namespace=namespace))
    return str(path)


@pytest.fixture(params=['libfastrtps.so.2.14', 'libfastdds.so.3.2'])
def variables(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a ROS with either Fast DDS, and not that of the tests."""
    (tmp_path / 'ros' / 'lib').mkdir(parents=True)
    (tmp_path / 'ros' / 'lib' / request.param).touch()
    monkeypatch.setattr(environment, 'prefix', lambda: tmp_path / 'ros')
    return {'AMENT_PREFIX_PATH': str(tmp_path / 'ros')}


def reads(variables: dict[str, str]) -> str:
    return environment.profile_variable([variables['AMENT_PREFIX_PATH']])


def test_the_packages_own_profile_has_room(variables: dict[str, str]) -> None:
    own = Path(__file__).resolve().parent.parent / 'config' / 'fastdds.xml'
    found = fast_dds_profile({**variables, reads(variables): str(own)})
    assert (found.segment, found.fault) == (32 << 20, '')


@pytest.mark.parametrize(
    ('arguments', 'segment', 'words'),
    [
        ({'size': 16 << 20}, 16 << 20, ''),
        ({'size': 16 << 20, 'namespace': ''}, 16 << 20, ''),
        ({'size': 1 << 20}, 1 << 20, 'gives 1.0 MB of shared memory'),
        ({'size': None}, 512 << 10, 'gives 0.5 MB'),
        ({'size': 16 << 20, 'kind': 'UDPv4'}, 0, 'gives 0.0 MB'),
        ({'size': 16 << 20, 'used': 'other'}, 0, 'gives 0.0 MB'),
        ({'size': 'large'}, 0, 'is not an XML profile'),
        ({'size': 1, 'kind': '<'}, 0, 'is not an XML profile'),
    ],
)
def test_the_shared_memory_of_a_profile(
    variables: dict[str, str],
    tmp_path: Path,
    arguments: dict[str, object],
    segment: int,
    words: str,
) -> None:
    path = profile(tmp_path, **arguments)  # type: ignore[arg-type]
    found = fast_dds_profile({**variables, reads(variables): path})
    assert found.segment == segment and words in found.fault
    assert bool(found.fault) is bool(words)


def test_no_profile(variables: dict[str, str], tmp_path: Path) -> None:
    name = reads(variables)
    assert fast_dds_profile(variables).fault == f'{name} is not set'
    missing = fast_dds_profile({**variables, name: str(tmp_path / 'none.xml')})
    assert 'none.xml cannot be read (No such file' in missing.fault
    large = {**variables, 'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA?max_msg_size=4MB'}
    assert fast_dds_profile(large).fault == ''


def test_the_other_releases_variable(variables: dict[str, str], tmp_path: Path) -> None:
    path = profile(tmp_path, 16 << 20)
    if reads(variables) == NEW:
        # It warns, and reads it.
        assert fast_dds_profile({**variables, OLD: path}).fault == ''
    else:
        fault = fast_dds_profile({**variables, NEW: path}).fault
        assert fault == f'{OLD} is not set ({NEW} is, but this Fast DDS does not read it)'


def test_middleware(variables: dict[str, str], tmp_path: Path) -> None:
    lacking = middleware('rmw_fastrtps_cpp', variables)
    assert lacking.fits_images is False
    assert lacking.fix.startswith(f'export {reads(variables)}=')
    assert lacking.fix.endswith('/share/mask_proximity/config/fastdds.xml')
    roomy = {**variables, reads(variables): profile(tmp_path, 16 << 20)}
    assert middleware('rmw_fastrtps_cpp', roomy).fits_images is True
    assert middleware('rmw_cyclonedds_cpp', variables).fits_images is None
