"""What holds for every image, and what for every one that runs as a service."""

import re

import pytest

from tests.images.containers import (
    KINDS,
    configuration,
    docker,
    every,
    lineage,
    name_of,
    output,
)

pytestmark = pytest.mark.docker

SECRET_WORDS = re.compile(
    r"pip_conf=|npmrc=|index-url|https?://[^ ]*@|PRIVATE KEY", re.IGNORECASE
)
TELLING_NAMES = re.compile(r"TOKEN|PASSWORD|SECRET|CERT|(^|_)CA($|_)")
SETTINGS_OF_PACKAGE_CLIENTS = (
    *("/etc/pip.conf", "$HOME/.pip", "$HOME/.config/pip", "$HOME/.npmrc"),
    *("/usr/local/etc/npmrc", "/run/secrets/pip_conf", "/run/secrets/npmrc"),
)


def test_a_kind_keeps_the_laws_of_all_that_it_stands_on() -> None:
    assert ["gpu", "cpu", "service", "image"] == lineage("gpu")


@every("image")
def test_no_file_lends_another_accounts_rights(kind: str) -> None:
    find = ("find", "/", "-xdev", "-type", "f", "-perm", "/6000")

    assert "" == output(kind, *find, user="0")


@every("image")
def test_no_package_lists_or_settings_of_package_clients_are_left(kind: str) -> None:
    look = "find /var/lib/apt/lists /var/cache/apt -type f; ls -d " + " ".join(
        SETTINGS_OF_PACKAGE_CLIENTS
    )

    found = output(kind, "sh", "-c", f"{{ {look}; }} 2>/dev/null || true", user="0")

    assert "" == found


@every("image")
def test_history_and_variables_tell_no_secret_and_no_mirror(kind: str) -> None:
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", name_of(kind))
    variables = configuration(kind)["Config"]["Env"]

    names = {variable.split("=")[0] for variable in variables}
    assert [] == SECRET_WORDS.findall("\n".join([told, *variables]))
    assert [] == [name for name in names if TELLING_NAMES.search(name)]


@every("service")
def test_it_runs_under_an_account_of_its_own(kind: str) -> None:
    assert f"{KINDS[kind].user}\n" == output(kind, "id", "-u")


@every("service")
def test_tini_is_the_first_process_and_docker_knows_how_to_ask_for_health(
    kind: str,
) -> None:
    settings = configuration(kind)["Config"]

    assert ["tini", "--"] == settings["Entrypoint"][:2]
    assert "CMD" == settings["Healthcheck"]["Test"][0]


@every("service")
def test_what_it_may_write_to_is_its_volumes_and_nothing_else(kind: str) -> None:
    try_it = 'for folder in "$@"; do touch "$folder/.tried" && echo "$folder"; done'
    places = ("/", "/etc", "/opt", "/usr/local/bin", "/var/tmp", *KINDS[kind].volumes)

    said = output(kind, "sh", "-c", f"({try_it}) 2>/dev/null || true", "sh", *places)

    # The socket folder is the proxy's; the hub only connects to the socket in it.
    volumes = [
        path for path in KINDS[kind].volumes if (kind, path) != ("hub", "/run/proxy")
    ]
    assert volumes == said.split()


@every("service")
def test_its_own_account_may_change_no_file_of_the_image(kind: str) -> None:
    folders = "/bin /etc /lib /opt /sbin /usr"
    find = f"find {folders} -xdev -writable ! -type l 2>/dev/null || true"

    assert "" == output(kind, "sh", "-c", find, user=KINDS[kind].user)


@pytest.mark.parametrize("kind", ["hub", "cpu", "gpu"])
def test_its_python_packages_fit_together(kind: str) -> None:
    assert "No broken requirements found.\n" == output(kind, "pip", "check")


@pytest.mark.parametrize("kind", ["hub", "cpu", "gpu"])
def test_hub_and_servers_speak_the_same_jupyterhub(kind: str) -> None:
    program = "import importlib.metadata as m; print(m.version('jupyterhub'))"

    versions = {output(each, "python", "-c", program) for each in (kind, "hub")}

    assert 1 == len(versions)


@every("base")
def test_the_base_trusts_certificate_authorities_and_has_python(kind: str) -> None:
    count = "import ssl; print(ssl.create_default_context().cert_store_stats()['x509_ca'])"

    assert int(output(kind, "python", "-c", count)) > 100
