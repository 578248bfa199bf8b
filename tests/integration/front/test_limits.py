"""How much one address may ask for, how large and how slowly; and a hub that is away."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.front.configuration import BURST_SECONDS
from tests.integration.front.world import World

pytestmark = [pytest.mark.alone, pytest.mark.docker]

START_OF_LAB = 83
HASHED = "0d1f109c3d842497fd51"
MB = 1024**2


def test_a_client_is_held_to_its_rate_and_nobody_else_with_it(world: World) -> None:
    rate = world.settings.front.requests_per_second
    assert rate is not None
    with world.client() as lab, world.client() as greedy:
        start, _ = lab.flood("/user/ada/start", START_OF_LAB)
        # A slow machine asks for little more in a second than is allowed.
        for n_asked in ((BURST_SECONDS + 4) * rate, (BURST_SECONDS + 16) * rate):
            began = time.monotonic()
            many, seconds = greedy.flood("/user/ada/flood", n_asked)
            if many["429"]:
                break
            # What was asked has to be forgotten before it is asked for more.
            time.sleep(BURST_SECONDS + 1)
        html = greedy.flood("/user/ada/flood", 30)[0]
        in_all = time.monotonic() - began
        page = greedy.curl("--header", "Accept: text/html", greedy.url("/user/ada/flood"))
        others = lab.flood("/user/ada/start", 10)[0]
        statuses = [
            greedy.flood("/hub/api/users", 10)[0],
            greedy.flood(f"/hub/static/a.{HASHED}.js", 60)[0],
        ]
        opened = greedy.curl(
            *("--http1.1", "--max-time", "1", "--output", "/dev/null"),
            *("--header", "Connection: Upgrade", "--header", "Upgrade: websocket"),
            *("--header", "Sec-WebSocket-Version: 13"),
            *("--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            *("--write-out", "%{http_code}", greedy.url("/user/ada/socket")),
        )

    assert start == {"200": START_OF_LAB}
    # Nor does a slow machine ask for more than is allowed at all.
    is_too_much = n_asked > (BURST_SECONDS + seconds) * rate + 1
    assert (many["429"] > 0) >= is_too_much
    assert many["200"] + many["429"] == n_asked
    assert BURST_SECONDS * rate <= many["200"] <= (BURST_SECONDS + seconds) * rate + 1
    # What is allowed again comes back with the time that passes, and no faster.
    assert many["200"] + html["200"] <= (BURST_SECONDS + in_all) * rate + 1
    assert others == {"200": 10}
    # Counted apart, or not at all.
    assert statuses == [{"200": 10}, {"200": 60}]
    assert opened == "101"
    assert "Too many requests came from your address." in page or "path" in page


def test_who_asks_as_fast_as_allowed_is_never_refused(staging: World) -> None:
    with staging.client() as client:
        said = client.curl(
            *("--parallel", "--parallel-max", "4", "--rate", "45/s"),
            *("--write-out", "%{http_code}\n"),
            *(w for i in range(135) for w in (client.url(f"/hub/h{i}"), "-o", "/dev/null")),
        )

    assert set(said.split()) == {"200"}


def test_a_refusal_says_when_to_come_back_and_what_is_the_matter(staging: World) -> None:
    with staging.client() as client:
        client.flood("/hub/oauth_login", 30)
        page = client.curl("-i", "-H", "Accept: text/html", client.url("/hub/oauth_login"))
        told = client.curl(
            "-i", "-H", "Accept: application/json", client.url("/hub/oauth_login")
        )

    for said in (page, told):
        assert " 429" in said.splitlines()[0]
        assert "retry-after: 1" in said.lower()
        assert "no-store" in said
        assert "Too many requests came from your address." in said
    assert "<h1>" in page
    assert '"status": 429' in told


def test_sign_in_is_counted_apart_ten_a_minute_and_twenty_at_once(world: World) -> None:
    with world.client() as client:
        posted, seconds = client.flood("/hub/login", 40, "--request", "POST")
        others = client.flood("/hub/home", 20)[0]
        callbacks = client.flood("/hub/oauth_callback", 10)[0]
        looked_at = client.flood("/hub/login", 20)[0]

    # The first one, twenty more, and what a slow machine's seconds add.
    assert 21 <= posted["200"] <= 21 + seconds / 6 + 1
    assert posted["200"] + posted["429"] == 40
    assert others == {"200": 20}
    assert callbacks == {"200": 10}
    assert looked_at == {"200": 20}


def test_an_address_has_only_so_many_connections(staging: World) -> None:
    most = BURST_SECONDS * (staging.settings.front.requests_per_second or 0)
    with staging.client() as client:
        held, _ = client.flood(
            "/user/ada/slow?seconds=40", most + 20, "--http1.1", at_once=most + 20
        )

    # Even on a slow machine the last have asked before the first have their answer.
    # Some ask too fast as well: they are refused once.
    assert set(held) == {"200", "429"}
    assert 15 <= held["429"] <= 20 + 4, held


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/hub/home", MB // 2, 200),
        ("/hub/home", 2 * MB, 413),
        ("/hub/api/users", 2 * MB, 413),
        ("/services/admin/import", 7 * MB, 200),
        ("/services/admin/import", 9 * MB, 413),
        ("/user/ada/api/contents/notebook.ipynb", 63 * MB, 200),
        ("/user/ada/api/contents/notebook.ipynb", 65 * MB, 413),
    ],
)
def test_requests_are_taken_up_to_the_size_that_is_stated(
    staging: World, path: str, size: int, status: int
) -> None:
    answer = staging.ask(path, "PUT", content=bytes(size))

    assert answer.status_code == status
    if status == 413:
        assert "too large to be taken in one piece" in answer.text
    else:
        assert answer.json()["bytes"] == size


def test_who_is_too_slow_is_let_go(staging: World) -> None:
    """Half a head, a head without its body, and a hub that doesn't answer."""

    def seconds_until_closed(sent: bytes) -> float:
        began = time.monotonic()
        with staging.connection() as connection:
            connection.settimeout(40)
            connection.sendall(sent)
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass
        return time.monotonic() - began

    head = f"PUT /hub/home HTTP/1.1\r\nHost: {staging.settings.address.netloc}\r\n".encode()
    body = head + b"Content-Length: 100\r\n\r\nonly these"
    with ThreadPoolExecutor() as pool:
        began = time.monotonic()
        late = pool.submit(staging.ask, "/hub/home?seconds=60")
        within_limits = pool.submit(staging.ask, "/user/ada/lab?seconds=12")
        of_head, of_body = pool.map(seconds_until_closed, (head, body))
        assert late.result().status_code == 503
        of_hub = time.monotonic() - began

    assert 8 < of_head < 15
    assert 18 < of_body < 28
    assert 23 < of_hub < 32
    assert "changed over" in late.result().text
    assert within_limits.result().status_code == 200


def test_people_see_a_page_that_looks_again_while_the_hub_is_away(staging: World) -> None:
    asked = (
        ("/hub/home", "GET"),
        ("/hub/spawn", "POST"),
        ("/hub/api/users", "GET"),
        ("/user/ada/lab", "GET"),
    )
    staging.ask("/away?seconds=8")
    wait_for_the_hub(staging, 503)
    with ThreadPoolExecutor() as pool:
        page, posted, program, user = pool.map(lambda each: staging.ask(*each), asked)

    for answer in (page, posted):
        assert answer.status_code == 503
        assert answer.headers.get_list("retry-after") == ["3"]
        assert answer.headers["cache-control"] == "no-store"
        assert "The hub is being changed over." in answer.text
        assert '<meta http-equiv="refresh" content="3">' in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert program.status_code == user.status_code == 503
    assert "changed over" not in program.text + user.text
    wait_for_the_hub(staging)


def test_a_page_of_the_hubs_own_about_too_much_is_passed_on(staging: World) -> None:
    answer = staging.ask("/hub/spawn?status=429")

    assert answer.status_code == 429
    assert answer.json()["path"] == "/hub/spawn"


def test_the_front_answers_even_without_the_proxy(staging: World) -> None:
    staging.compose("stop", "--timeout", "0", "proxy")
    try:
        answers = [staging.ask("/hub/home"), staging.ask("/hub/api/users")]
    finally:
        staging.compose("up", "--detach", "--wait", "proxy")

    assert [answer.status_code for answer in answers] == [503, 502]
    assert "changed over" in answers[0].text
    wait_for_the_hub(staging)


def wait_for_the_hub(world: World, status: int = 200) -> None:
    """Until a page of the hub's is answered again, or no more."""
    until = time.monotonic() + 20
    while world.ask("/hub/home").status_code != status:
        assert time.monotonic() < until
        time.sleep(0.2)
