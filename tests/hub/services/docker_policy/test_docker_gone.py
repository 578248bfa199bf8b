"""A proxy whose Docker is gone ends, so that it is started again with the new socket."""

import asyncio
from pathlib import Path

import pytest

from hub.services.docker_policy import __main__ as program


async def _is_alone_within(docker: Path, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await program.alone(str(docker))
    except TimeoutError:
        return False
    finally:
        # Those who were just hung up on see it before their loop ends.
        await asyncio.sleep(0.2)
    return True


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "LOOK_EVERY", 0.02)


def test_a_socket_that_answers_is_enough_even_if_its_owner_says_nothing(
    tmp_path: Path,
) -> None:
    async def watched() -> bool:
        socket = tmp_path / "docker.sock"
        async with await asyncio.start_unix_server(_hang_up, str(socket)):
            return await _is_alone_within(socket, 0.5)

    assert asyncio.run(watched()) is False


def test_a_socket_left_behind_is_given_up(tmp_path: Path) -> None:
    async def watched() -> bool:
        socket = tmp_path / "docker.sock"
        server = await asyncio.start_unix_server(_hang_up, str(socket))
        server.close()
        await server.wait_closed()
        return await _is_alone_within(socket, 5)

    assert asyncio.run(watched()) is True


def test_a_docker_that_comes_back_in_time_is_waited_for(tmp_path: Path) -> None:
    async def watched() -> bool:
        socket = tmp_path / "docker.sock"
        waiting = asyncio.create_task(_is_alone_within(socket, 0.5))
        await asyncio.sleep(0.05)
        async with await asyncio.start_unix_server(_hang_up, str(socket)):
            return await waiting

    assert asyncio.run(watched()) is False
