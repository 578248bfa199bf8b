"""Two people of different groups, each in a container of their own, kept apart."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from deploy.cis.rules import EXCEPTIONS, violations
from tests.integration.live_hub import Kernel
from tests.integration.platform.live import (
    PROJECT,
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    wait_until,
)

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def _container(platform: LivePlatform, user: str) -> dict[str, Any]:
    (found,) = platform.servers(user)
    return found


def test_every_part_of_the_platform_is_well(platform: LivePlatform) -> None:
    platform.must_be_well(30)


def test_members_of_different_groups_get_containers_of_their_own(
    platform: LivePlatform, ada: Member, grace: Member
) -> None:
    containers = [_container(platform, person.name) for person in (ada, grace)]

    homes = [mount["Name"] for each in containers for mount in each["Mounts"]]
    labels = [each["Config"]["Labels"]["mchub.profile"] for each in containers]
    assert len(set(homes)) == 2
    assert labels == ["cpu-small", "cpu-large"]


def test_somebody_in_no_group_is_not_let_in(platform: LivePlatform) -> None:
    with Member(platform, "mallory") as mallory:
        page = mallory.sign_in("mallory")

    assert page.status_code == 403
    assert "group" in page.text


def test_what_a_profile_is_not_offered_for_is_refused(ada: Member) -> None:
    ada.stop()

    answer = ada.ask(
        "POST", "/users/ada/server", json={"user_options": {"profile": "gpu-large"}}
    )
    wait_until("the start ended", lambda: not ada.servers())

    assert answer.status_code in (202, 400, 403)
    ada.start("cpu-small")


@pytest.fixture(scope="module")
def intrusion(platform: LivePlatform, ada: Member, grace: Member) -> dict[str, Any]:
    """What somebody finds who runs code in a container of their own."""
    other = _container(platform, "grace")["NetworkSettings"]["Networks"]
    parts = json.loads(docker("inspect", *(platform.part(part) for part in _parts())))
    targets = {"another user's server": (other[SETTINGS_NETWORK]["IPAddress"], 8888)}
    for part in parts:
        for network, found in part["NetworkSettings"]["Networks"].items():
            service = part["Config"]["Labels"]["com.docker.compose.service"]
            for port in (5432, 8000, 8001, 8081, 9090, 9092, 3380):
                if found["IPAddress"]:
                    targets[f"{service} {network} {port}"] = (found["IPAddress"], port)
    gateway = other[SETTINGS_NETWORK]["Gateway"]
    for port in (22, 2375, 2376, 3300, 3380):
        targets[f"host {port}"] = (gateway, port)
    code = (Path(__file__).parent / "intruder.py").read_text()
    names = [f"{PROJECT}-postgres-1", "postgres", "docker-policy"]
    with Kernel(platform, "ada", ada.token()) as kernel:  # type: ignore[arg-type]
        printed = kernel.run(f"TARGETS = {targets!r}\nNAMES = {names!r}\n{code}")
    found: dict[str, Any] = json.loads(printed)
    return found


SETTINGS_NETWORK = getattr(SETTINGS.server.runs_as, "network", "")


def _parts() -> list[str]:
    label = f"label=com.docker.compose.project={PROJECT}"
    form = '{{.Label "com.docker.compose.service"}}'
    return docker("ps", "--filter", label, "--format", form).split()


def test_a_user_reaches_the_proxy_and_nothing_else(intrusion: dict[str, Any]) -> None:
    is_open = [name for name, found in intrusion["knocks"].items() if found == "open"]

    assert is_open == [f"proxy {SETTINGS_NETWORK} 8000"]
    assert intrusion["names"] == {}


def test_a_user_has_no_rights_beyond_the_home(intrusion: dict[str, Any]) -> None:
    assert intrusion["uid"] == 1000
    assert int(intrusion["capabilities"], 16) == 0
    assert intrusion["no_new_privileges"] == "1"
    assert intrusion["seccomp"] == "2"
    assert not intrusion["docker"]
    assert not intrusion["secrets"]
    written = [path for path, found in intrusion["writes"].items() if found == "written"]
    assert written == ["/tmp"]


def test_a_users_token_opens_nobody_elses_server_and_no_list_of_users(
    platform: LivePlatform, ada: Member, grace: Member
) -> None:
    code = "import os; print(os.environ['JUPYTERHUB_API_TOKEN'])"
    with Kernel(platform, "ada", ada.token()) as kernel:  # type: ignore[arg-type]
        own = kernel.run(code).strip()
    headers = {"Authorization": f"token {own}"}

    client = ada.client.__class__(base_url=platform.url, trust_env=False, headers=headers)
    with client:
        codes = {
            path: client.get(path).status_code
            for path in (
                "/user/grace/api/contents",
                "/hub/api/users/grace",
                "/hub/api/proxy",
                "/hub/metrics",
            )
        }
        listed = client.get("/hub/api/users")

    assert all(code in (403, 404) for code in codes.values()), codes
    assert listed.status_code == 403 or [u["name"] for u in listed.json()] == ["ada"]


def test_what_the_policy_proxy_refuses_is_in_the_audit_log(platform: LivePlatform) -> None:
    ask = ["curl", "-s", "--unix-socket", "/run/docker-policy/docker.sock"]
    answer = docker(
        "exec", platform.part(platform.active_hub()), *ask, "http://docker/v1.41/secrets"
    )

    found = "SELECT outcome FROM mchub_audit WHERE actor = 'docker-policy' AND detail LIKE "
    assert "docker policy" in answer
    wait_until(
        "the refusal is recorded",
        lambda: platform.sql(f"{found} '%/v1.41/secrets%'") == [["refused"]],
    )


def test_every_container_keeps_the_cis_benchmark(
    platform: LivePlatform, ada: Member
) -> None:
    ids = docker(
        "ps", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}"
    ).split()
    inspected = json.loads(docker("inspect", *ids)) + platform.servers()

    broken = []
    for each in inspected:
        service = each["Config"]["Labels"].get("com.docker.compose.service", "")
        broken += violations(each, EXCEPTIONS.get(service))

    assert list(map(str, broken)) == []


def test_an_operator_keeps_the_files_of_somebody_who_leaves(
    platform: LivePlatform, tmp_path: Path
) -> None:
    platform.register("ruth", "analysts")
    with Member(platform, "ruth") as ruth:
        ruth.start("cpu-small")
        with Kernel(platform, "ruth", ruth.token()) as kernel:  # type: ignore[arg-type]
            kernel.run("open('model.txt', 'w').write('what Ruth knew')")
        told = platform.deployer("archive-home", "ruth", f"--to={tmp_path}", fails=True)
        assert "must not be in use; mchub-rehearsal-ruth has it open" in told
        ruth.stop()

    platform.deployer("archive-home", "ruth", f"--to={tmp_path}", "--delete")

    (file,) = tmp_path.iterdir()
    with tarfile.open(file) as archive:
        kept = archive.extractfile("./model.txt")
        assert kept is not None
        assert kept.read() == b"what Ruth knew"
    told = platform.deployer("archive-home", "ruth", f"--to={tmp_path}", fails=True)
    assert "must have a home in rehearsal; got 'ruth'" in told
    acts = (
        "SELECT action FROM mchub_audit WHERE actor = 'operator' AND action LIKE 'home.%'"
        " ORDER BY id"
    )
    assert platform.sql(acts) == [["home.archive"], ["home.delete"]]


def test_a_restart_of_the_hub_touches_no_kernel(
    platform: LivePlatform, ada: Member
) -> None:
    with Kernel(platform, "ada", ada.token()) as kernel:  # type: ignore[arg-type]
        kernel.run("x = 41")
        docker("restart", "--time", "20", platform.part(platform.active_hub()))
        printed = kernel.run("print(x + 1)")

    assert printed.strip() == "42"
    wait_until("the hub answers", lambda: ada.ask("GET", "/users/ada").is_success)
