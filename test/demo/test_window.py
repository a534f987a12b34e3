# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The window of `mask-proximity run`, on SDL's dummy screen."""

from __future__ import annotations

import numpy as np
import pygame
import pytest

from mask_proximity.demo.window import Window


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('DISPLAY', ':0')
    monkeypatch.setenv('SDL_VIDEODRIVER', 'dummy')


def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    assert Window.open('title') is None


@pytest.mark.usefixtures('display')
def test_it_shows_the_picture_in_its_colours_until_q() -> None:
    window = Window.open('title')
    assert window is not None
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[..., 0] = 200
    window.show(picture)
    assert pygame.display.get_surface().get_at((5, 5))[:3] == (0, 0, 200)
    assert window.is_open()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_a))
    assert window.is_open()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_q))
    assert not window.is_open()
    window.close()


@pytest.mark.usefixtures('display')
def test_closing_the_window_ends_too() -> None:
    window = Window.open('title')
    assert window is not None
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert not window.is_open()
    window.close()
