"""Dashboards as apps, each a named server of its reader's, through the live hub."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
import websocket

from tests.integration.live_hub import LiveHub, Person, running_hub

pytestmark = pytest.mark.slow

APP = "option-desk"
PAGE = f"/user/ada/{APP}/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        yield hub


@pytest.fixture(scope="module")
def ada(hub: LiveHub) -> Iterator[Person]:
    """Somebody who has followed the link to the app."""
    with Person(hub, "ada") as ada:
        ada.client.timeout = httpx.Timeout(120)
        ada.sign_in(hub.secret("user_password"))
        ada.client.get(f"/hub/apps/{APP}")
        until = time.monotonic() + 90
        while not ada.ask("GET", "/users/ada").json()["servers"].get(APP, {}).get("ready"):
            assert time.monotonic() < until, "the app did not become ready in time"
            time.sleep(0.3)
        yield ada


@pytest.fixture(scope="module")
def page(ada: Person) -> httpx.Response:
    return ada.client.get(f"/hub/apps/{APP}")


def test_the_link_of_everybody_leads_to_ones_own_app(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.url.path == PAGE
    assert "<title>Option desk</title>" in page.text
    assert "What is a call worth" in page.text
    assert "def up_and_out_call" not in page.text


def test_it_runs_beside_jupyterlab_in_the_home_of_both(hub: LiveHub, ada: Person) -> None:
    ada.start_server()

    servers = ada.ask("GET", "/users/ada").json()["servers"]
    assert set(servers) == {"", APP}
    assert "jupyterlab" in ada.client.get("/user/ada/lab").text.lower()
    assert (hub.state / "homes/ada/notebooks/dashboards" / f"{APP}.ipynb").is_file()


@pytest.mark.parametrize(
    "path",
    [
        "lab",
        "tree",
        "api/contents",
        "api/kernels",
        "api/terminals",
        "api/sessions",
        "voila/tree",
    ],
)
def test_there_is_no_lab_in_it(ada: Person, page: httpx.Response, path: str) -> None:
    answer = ada.client.get(PAGE + path)

    assert "jupyter-config-data" not in answer.text or answer.status_code >= 400
    assert answer.status_code in (403, 404, 405)


def test_no_kernel_is_started_and_nothing_is_executed(
    hub: LiveHub, ada: Person, page: httpx.Response
) -> None:
    config = page.text.partition('<script id="jupyter-config-data"')[2]
    kernel = json.loads(config.partition(">")[2].partition("</script>")[0])["kernelId"]
    address = f"{hub.url}{PAGE}api/kernels/{kernel}"
    cookies = "; ".join(
        f"{each.name}={each.value}"
        for each in ada.client.cookies.jar
        if PAGE.startswith(each.path)
    )
    opened = websocket.create_connection(
        f"{address}/channels".replace("http", "ws", 1), cookie=cookies, timeout=10
    )
    header = {"msg_id": "x", "msg_type": "execute_request", "version": "5.3"}
    header |= {"session": "x", "username": "", "date": ""}
    content = {"code": "open('owned', 'w')", "silent": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    opened.send(json.dumps(message | {"channel": "shell"}))
    header["msg_type"], header["msg_id"] = "kernel_info_request", "y"
    opened.send(json.dumps(message | {"channel": "shell", "content": {}}))
    answered = []
    while "y" not in answered:
        answered.append(json.loads(opened.recv())["parent_header"].get("msg_id"))
    opened.close()

    assert "x" not in answered
    assert [] == list((hub.state / "homes").rglob("owned"))
    started = ada.client.post(PAGE + "api/kernels", json={"name": "python3"})
    assert started.status_code in (403, 404, 405)


def test_files_of_the_home_are_not_served(
    hub: LiveHub, ada: Person, page: httpx.Response
) -> None:
    home = hub.state / "homes/ada"
    (home / "notebooks/dashboards/plan.svg").write_text("<svg/>")
    (home / "secret.txt").write_text("secret")

    for name in ("plan.svg", f"{APP}.ipynb", "../../secret.txt", "..%2F..%2Fsecret.txt"):
        answer = ada.client.get(f"{PAGE}voila/files/{name}")
        assert answer.status_code in (403, 404), name


def test_another_user_does_not_come_in(hub: LiveHub, ada: Person) -> None:
    with Person(hub, "eve") as eve:
        eve.sign_in(hub.secret("user_password"))

        assert eve.client.get(PAGE).status_code == 403
        assert eve.client.get(f"/hub/spawn/ada/{APP}?opt-app={APP}").status_code in (
            403,
            404,
        )


def test_the_port_behind_the_proxy_lets_nobody_in_without_its_secret(
    hub: LiveHub, page: httpx.Response
) -> None:
    [voila] = [
        each.cmdline() for each in hub.processes() if {"-m", "voila"} <= set(each.cmdline())
    ]
    port = next(each.removeprefix("--port=") for each in voila if "--port=" in each)

    answer = httpx.get(f"http://127.0.0.1:{port}{PAGE}", trust_env=False)

    assert answer.status_code in (302, 403)
    assert "What is a call worth" not in answer.text


def test_an_app_that_is_not_there_says_which_are(hub: LiveHub) -> None:
    with Person(hub, "bob") as bob:
        bob.sign_in(hub.secret("user_password"))
        bob.ask("POST", "/users/bob/servers/nothing", json={"app": "nothing"})
        told = bob.ask("GET", "/users/bob/servers/nothing/progress").text

    assert "(option-desk, project-risk-register); got 'nothing'" in told
    assert '"failed": true' in told


def test_what_can_be_no_app_is_refused(hub: LiveHub) -> None:
    with Person(hub, "bob") as bob:
        bob.sign_in(hub.secret("user_password"))
        bob.ask("POST", "/users/bob/servers/desk", json={"app": "../../evil"})
        told = bob.ask("GET", "/users/bob/servers/desk/progress").text

    assert "`app` must be the name of a notebook" in told
