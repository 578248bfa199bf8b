"""A live hub: sign in, start a server, run code; what must not work; what survives."""

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from hub.storage import folder_name
from tests.integration.live_hub import Kernel, LiveHub, Person, running_hub

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        yield hub


@pytest.fixture(scope="module")
def ada(hub: LiveHub) -> Iterator[Person]:
    with Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ada.start_server()
        yield ada


@pytest.fixture
def eve(hub: LiveHub) -> Iterator[Person]:
    with Person(hub, "eve") as eve:
        yield eve


def test_the_health_of_every_part_is_answered_in_50_ms(hub: LiveHub) -> None:
    times = []
    with httpx.Client(base_url=hub.url, trust_env=False) as client:
        for _ in range(10):
            started = time.perf_counter()
            answer = client.get("/api/health")
            times.append(time.perf_counter() - started)

    parts = answer.json()["parts"]
    assert answer.status_code == 200
    assert answer.json()["status"] in ("ok", "degraded")
    asked = {"hub", "proxy", "database", "speed", "connections", "gpus"}
    assert set(parts) == asked | {"disk", "memory", "cpu"}
    assert all(parts[name]["state"] == "ok" for name in ("hub", "proxy", "database"))
    assert sorted(times)[5] < 0.050


def test_the_platform_api_answers_on_its_own_port_too(hub: LiveHub) -> None:
    answer = httpx.get(f"http://localhost:{hub.api_port}/api/version", trust_env=False)

    assert answer.json()["environment"] == "development"
    assert answer.json()["jupyterhub"].startswith("6.")


def test_the_api_page_loads_nothing_from_elsewhere(hub: LiveHub) -> None:
    with httpx.Client(base_url=hub.url, trust_env=False) as client:
        page = client.get("/api/docs")
        script = client.get("/api/static/swagger-ui-bundle.js")
        described = client.get("/api/openapi.json").json()

    assert "https://" not in page.text
    assert script.status_code == 200
    assert {"/api/health", "/api/version", "/api/usage/me"} <= set(described["paths"])


def test_jupyterhubs_api_answers_at_its_usual_place(hub: LiveHub) -> None:
    answer = httpx.get(f"{hub.url}/hub/api/", trust_env=False)

    assert answer.json()["version"].startswith("6.")


@pytest.mark.parametrize("password", ["", "wrong", "ärger", "user_password"])
def test_a_wrong_password_is_refused(eve: Person, password: str) -> None:
    answer = eve.sign_in(password)

    assert answer.status_code == 403
    assert "Invalid username or password" in answer.text


def test_the_password_of_all_does_not_make_an_admin(hub: LiveHub) -> None:
    with Person(hub, "admin") as impostor:
        answer = impostor.sign_in(hub.secret("user_password"))

    assert answer.status_code == 403


def test_the_admin_alone_is_admin(hub: LiveHub, ada: Person) -> None:
    with Person(hub, "admin") as admin:
        admin.sign_in(hub.secret("admin_password"))

        assert admin.ask("GET", "/user").json()["admin"] is True
    assert ada.ask("GET", "/user").json()["admin"] is False


def test_code_runs_in_the_hubs_own_python_and_the_users_own_home(
    hub: LiveHub, ada: Person
) -> None:
    with Kernel(hub, "ada", ada.token()) as kernel:
        printed = kernel.run("import sys, pathlib; print(sys.prefix, pathlib.Path.home())")

    prefix, home = printed.split()
    assert prefix == sys.prefix
    assert home == str(hub.state / "homes" / "ada")


def test_the_library_can_be_imported(hub: LiveHub, ada: Person) -> None:
    with Kernel(hub, "ada", ada.token()) as kernel:
        printed = kernel.run("import mclib; print(mclib.__name__)")

    assert printed == "mclib\n"


def test_another_user_cannot_reach_a_server(hub: LiveHub, ada: Person, eve: Person) -> None:
    eve.sign_in(hub.secret("user_password"))

    page = eve.client.get("/user/ada/lab")
    by_token = httpx.get(
        f"{hub.url}/user/ada/api/contents",
        headers={"Authorization": f"token {eve.token()}"},
        trust_env=False,
    )
    asked = eve.ask("GET", "/users/ada")

    assert page.status_code == 403
    assert by_token.status_code == 403
    assert asked.status_code in (403, 404)


@pytest.mark.parametrize("name", ["Zoë Müller", "名前", "x" * 200])
def test_any_name_gets_a_server_in_a_folder_of_its_own(hub: LiveHub, name: str) -> None:
    with Person(hub, name) as person:
        person.sign_in(hub.secret("user_password"))
        person.name = person.ask("GET", "/user").json()["name"]

        person.start_server()

        homes = {path.name for path in (hub.state / "homes").iterdir()}
        person.ask("DELETE", f"/users/{quote(person.name, safe='')}/server")
    assert folder_name(person.name) in homes


def test_a_name_that_hides_something_is_refused_with_the_law(hub: LiveHub) -> None:
    with Person(hub, "..%2f..%2fetc") as person:
        answer = person.sign_in(hub.secret("user_password"))

    assert answer.status_code == 403
    assert "A name must be 1 to 200 characters that can be seen" in answer.text


def test_a_refused_start_says_why(hub: LiveHub) -> None:
    home = hub.state / "homes" / "cleo"
    home.parent.mkdir(mode=0o700, exist_ok=True)
    home.write_text("a file where the home would be")
    with Person(hub, "cleo") as cleo:
        cleo.sign_in(hub.secret("user_password"))
        cleo.ask("POST", "/users/cleo/server")
        # For a moment after a refusal JupyterHub knows of no start.
        until = time.monotonic() + 10
        while (progress := cleo.ask("GET", "/users/cleo/server/progress")).is_error:
            assert time.monotonic() < until, progress.text
            time.sleep(0.1)
        page = cleo.client.get("/hub/spawn-pending/cleo")

    reason = "The home folder of this server can't be used"
    assert f'"message": "Spawn failed: {reason}' in progress.text
    assert reason in unescape(page.text)


def test_a_server_that_dies_at_once_is_told_at_once_with_its_log(hub: LiveHub) -> None:
    settings = hub.state / "homes" / "dido" / ".jupyter" / "jupyter_server_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("import os\nprint('a plugin is broken', flush=True)\nos._exit(3)\n")
    with Person(hub, "dido") as dido:
        dido.sign_in(hub.secret("user_password"))
        started = time.monotonic()
        dido.ask("POST", "/users/dido/server")
        said = dido.ask("GET", "/users/dido/server/progress").text
        took = time.monotonic() - started

    assert "The server ended while it was starting, with status 3." in said
    assert "a plugin is broken" in said
    assert took < 25


def test_nothing_of_the_state_is_open_to_other_accounts(hub: LiveHub, ada: Person) -> None:
    own = [path for path in hub.state.rglob("*") if "homes" not in path.parts]

    loose = [
        path for path in [hub.state, *own] if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]

    assert loose == []


def test_a_hub_that_dies_comes_back_and_the_kernel_never_notices(
    hub: LiveHub, ada: Person
) -> None:
    before = hub.pid_of("hub")
    with Kernel(hub, "ada", ada.token()) as kernel:
        kernel.run("x = 41")

        os.kill(before, signal.SIGKILL)

        assert kernel.run("x += 1; print(x)") == "42\n"
        _wait_until_it_is_new(hub, "hub", before)
        assert kernel.run("print(x)") == "42\n"
    assert ada.ask("GET", "/user").json()["name"] == "ada"


def test_a_proxy_that_dies_comes_back_with_its_routes(hub: LiveHub, ada: Person) -> None:
    token, before = ada.token(), hub.pid_of("proxy")

    os.killpg(before, signal.SIGKILL)
    _wait_until_it_is_new(hub, "proxy", before)

    with Kernel(hub, "ada", token) as kernel:
        assert kernel.run("print('here')") == "here\n"


def _wait_until_it_is_new(hub: LiveHub, name: str, before: int) -> None:
    started, until = time.time(), time.monotonic() + 30
    while time.monotonic() < until:
        part = _part(hub, name)
        is_later = part.get("looked_at", 0) > started + 1
        if hub.pid_of(name) != before and is_later and part["state"] == "ok":
            return
        time.sleep(0.2)
    message = f"{name} did not come back"
    raise AssertionError(message)


def _part(hub: LiveHub, name: str) -> dict[str, object]:
    try:
        answer = httpx.get(f"http://localhost:{hub.api_port}/api/health", trust_env=False)
    except httpx.HTTPError:
        return {}
    part: dict[str, object] = answer.json()["parts"][name]
    return part
