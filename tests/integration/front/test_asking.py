"""What the front does with a request, asked of a real nginx before the real proxy."""

import gzip
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
import websocket

from hub.addresses import client_address, front_address
from hub.choices import Container, FullHeaders
from tests.integration.front.conftest import ORIGIN
from tests.integration.front.world import World, log_of, told

pytestmark = [pytest.mark.alone, pytest.mark.docker]

ONCE = (
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "strict-transport-security",
    "cache-control",
)
HASHED = "0d1f109c3d842497fd51"


def test_plain_http_leads_to_https_under_the_name_of_the_settings(world: World) -> None:
    address = f"http://127.0.0.1:{world.settings.front.redirect_port}/hub/home?a=1"

    answer = httpx.get(address, headers={"Host": "evil.example.org"}, trust_env=False)

    assert answer.status_code == 308
    assert answer.headers["location"] == f"{world.url}/hub/home?a=1"


def test_the_proxy_itself_is_not_to_be_reached(world: World) -> None:
    published = {
        part: told(["docker", "port", world.part(part)]).split()
        for part in ("front", "proxy", "hub")
    }

    assert published["proxy"] == published["hub"] == []
    assert {port for port in published["front"] if "/tcp" in port} == {
        "8080/tcp",
        "8443/tcp",
    }


def test_nothing_is_answered_in_anothers_name(world: World) -> None:
    answer = world.ask("/hub/home", headers={"Host": "evil.example.org"})

    assert (answer.status_code, answer.text) == (421, f"This is {world.url}\n")


def test_http_2_is_spoken(world: World) -> None:
    with world.client() as client:
        said = client.curl(
            *(
                "--http2",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_version} %{http_code}",
            ),
            client.url("/hub/home"),
        )

    assert said == "2 200"


@pytest.mark.parametrize(
    ("path", "frames", "policy"),
    [
        ("/hub/home", "DENY", ["default-src 'self'", "frame-ancestors 'self'"]),
        (
            "/user/ada/lab",
            "SAMEORIGIN",
            ["worker-src 'self' blob:", "frame-ancestors 'self'"],
        ),
        ("/services/admin/users", "DENY", ["default-src 'none'"]),
        ("/hub/api/users", "DENY", ["default-src 'self'"]),
    ],
)
def test_security_headers_are_those_of_the_front_and_each_comes_once(
    world: World, path: str, frames: str, policy: list[str]
) -> None:
    found = world.ask(path).headers

    assert [name for name in ONCE if len(found.get_list(name)) != 1] == []
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == frames
    policies = found.get_list("content-security-policy")
    assert all(any(part in each for each in policies) for part in policy)
    assert len(policies) == (1 if "none" in policy[0] else 2)
    chosen = world.settings.front.headers
    assert isinstance(chosen, FullHeaders)
    hsts = f"max-age={int(chosen.hsts / timedelta(seconds=1))}"
    assert found["strict-transport-security"].startswith(hsts)
    assert ("preload" in found["strict-transport-security"]) == chosen.hsts_preload


def test_pages_of_named_origins_alone_may_read_the_api_and_bring_no_cookie(
    staging: World, production: World
) -> None:
    def allowed(world: World, path: str, origin: str) -> list[str]:
        headers = world.ask(path, headers={"Origin": origin}).headers
        assert "access-control-allow-credentials" not in headers
        return headers.get_list("access-control-allow-origin")

    assert allowed(staging, "/hub/api/users", ORIGIN) == [ORIGIN]
    assert allowed(staging, "/api/version", ORIGIN) == [ORIGIN]
    assert allowed(staging, "/hub/api/users", "https://evil.example.org") == []
    assert allowed(staging, "/user/ada/api/contents", ORIGIN) == []
    assert allowed(staging, "/hub/home", ORIGIN) == []
    assert allowed(production, "/hub/api/users", ORIGIN) == []
    assert "Origin" in staging.ask("/hub/api/users").headers["vary"]


def test_the_front_answers_the_question_before_a_request_from_elsewhere(
    staging: World, production: World
) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}

    let_in = staging.ask("/hub/api/users", "OPTIONS", headers=asked)
    passed_on = production.ask("/hub/api/users", "OPTIONS", headers=asked)

    assert let_in.status_code == 204
    assert "POST" in let_in.headers["access-control-allow-methods"]
    assert "Authorization" in let_in.headers["access-control-allow-headers"]
    assert "access-control-allow-methods" not in passed_on.headers


@pytest.mark.parametrize(
    "path",
    [
        "/hub/metrics",
        "/hub/metrics/",
        "/hub/%6detrics",
        "/hub//metrics",
        "/hub/x/../metrics?a=1",
        "/user/ada/metrics",
        "/services/admin/metrics",
        "/api/metrics",
        "/metrics",
    ],
)
def test_the_platforms_figures_are_not_for_the_outside(staging: World, path: str) -> None:
    with staging.client() as client:
        said = client.curl("--path-as-is", "--write-out", "%{http_code}", client.url(path))

    assert said.endswith("403")


def test_the_fronts_own_figures_are_on_a_port_of_their_own(world: World) -> None:
    ask = (
        "docker",
        "exec",
        world.part("front"),
        "curl",
        "-s",
        "http://127.0.0.1:8082/status",
    )

    assert "Active connections:" in told(ask)


FORGED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "198.51.100.7",
    "X-Scheme": "http",
    "Forwarded": "for=198.51.100.7;proto=http",
    "X-Request-Id": "of-my-own",
}


def test_what_a_client_says_of_itself_gets_no_further(world: World) -> None:
    answer = world.ask("/hub/home", headers=FORGED)
    found = answer.json()["headers"]

    assert "198.51.100.7" not in str(found)
    assert "evil" not in str(found)
    assert found["X-Forwarded-Proto"].split(",")[0] == "https"
    assert found["X-Forwarded-Port"].split(",")[0] == str(world.settings.port)
    assert "Forwarded" not in found
    assert "X-Scheme" not in found
    assert found["X-Request-Id"] == answer.headers["x-request-id"] != "of-my-own"


def test_the_hub_learns_the_address_of_who_asked_through_the_front_and_past_it(
    staging: World,
) -> None:
    runs_as = staging.settings.server.runs_as
    assert isinstance(runs_as, Container)
    front = front_address(runs_as.subnet)

    with staging.client() as client:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        own = told(["docker", "inspect", "--format", form, client.container]).strip()
        forged = ["--header", f"X-Forwarded-For: 198.51.100.7, {front}"]
        forged += ["--header", "X-Real-IP: 198.51.100.7"]
        through = client.curl(*forged, client.url("/hub/home"))
        past = client.curl(*forged, "http://proxy:8000/hub/home")

    for said in (through, past):
        headers = httpx.Response(200, text=said).json()["headers"]
        assert client_address("10.1.0.2", headers["X-Forwarded-For"], {front}) == own


def test_one_line_of_json_tells_a_request_and_no_token(world: World) -> None:
    answer = world.ask("/hub/told?token=secret-of-the-test")

    line = next(line for line in reversed(log_of(world)) if line["path"] == "/hub/told")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["status"], line["proxy_status"]) == ("GET", 200, "200")
    assert line["seconds"] >= 0
    world.ask("/services/reports/l/secret-of-the-test/page")
    paths = [line["path"] for line in log_of(world)]
    assert "/services/reports/l/***" in paths
    assert "secret-of-the-test" not in str(log_of(world))


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (f"/hub/static/js/admin.js?v={HASHED * 2}", "public, max-age=31536000, immutable"),
        (f"/user/ada/static/lab/main.{HASHED}.js", "private, max-age=31536000, immutable"),
        ("/hub/static/js/admin.js", "no-cache"),
        (f"/hub/static/missing.{HASHED}.js", "no-cache"),
        (f"/user/ada/static/moved.{HASHED}.js", "no-cache"),
        (f"/user/ada/files/x.{HASHED}.js", "no-cache"),
    ],
)
def test_only_a_file_known_by_its_digest_is_kept_for_ever(
    world: World, path: str, kept: str
) -> None:
    assert world.ask(path).headers.get_list("cache-control") == [kept]


def test_files_are_compressed_and_pages_are_not(world: World) -> None:
    asked = {"Accept-Encoding": "gzip"}
    host = {"sni_hostname": world.settings.address.hostname}

    with world.http.stream(
        "GET", "/hub/static/js/admin.js", headers=asked, extensions=host
    ) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < len(gzip.decompress(raw)) / 5
    assert "content-encoding" not in world.ask("/hub/home", headers=asked).headers


def test_pieces_come_as_they_are_sent(world: World) -> None:
    host = {"sni_hostname": world.settings.address.hostname}

    with world.http.stream("GET", "/hub/api/progress", extensions=host) as answer:
        moments = [time.monotonic() for _ in answer.iter_raw()]

    assert len(moments) >= 4
    assert moments[-1] - moments[0] > 0.5


def socket_of(world: World) -> Any:
    """An open connection to a user's server."""
    return websocket.create_connection(
        f"wss://127.0.0.1:{world.settings.port}/user/ada/socket",
        host=world.settings.address.netloc,
        sslopt={"cert_reqs": 0, "check_hostname": False},
        timeout=20,
    )


def test_websockets_pass_and_outlive_a_new_configuration(staging: World) -> None:
    opened = socket_of(staging)
    opened.send("before")
    assert opened.recv() == "before"
    file = staging.state / "front" / "nginx.conf"
    file.write_text(file.read_text().replace("# The front of", "# A front of"))
    statuses = set()

    until = time.monotonic() + 20
    while "read again" not in told(["docker", "logs", staging.part("front")]):
        statuses.add(staging.ask("/user/ada/x").status_code)
        assert time.monotonic() < until
        time.sleep(0.1)
    opened.send("after")

    assert opened.recv() == "after"
    assert statuses == {200}
    opened.close()


def test_a_configuration_that_nginx_refuses_is_not_taken(staging: World) -> None:
    file = staging.state / "front" / "nginx.conf"
    whole = file.read_text()
    try:
        file.write_text(whole.replace("server_tokens off;", "server_tokens perhaps;"))
        until = time.monotonic() + 20
        while "the old one goes on" not in told(["docker", "logs", staging.part("front")]):
            assert time.monotonic() < until
            time.sleep(0.2)

        assert staging.ask("/hub/home").status_code == 200
    finally:
        file.write_text(whole)
