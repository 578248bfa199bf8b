"""What a user's pod is asked to be: our settings, KubeSpawner, Kubernetes' own schema."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kubernetes_validate
import pytest
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.spawner import SpawnException
from kubespawner.clients import load_config
from traitlets.config import Config

from deploy.deployer.part_secrets import names_by_part
from hub import SettingsError, configure, load
from hub.choices import Pod, SecretFiles
from hub.network import hub_addresses, hub_url, proxy_api_url
from hub.pod_server import PodServer
from hub.quotas import profile_of
from hub.settings import Settings

POD = Pod(
    namespace="mchub-rehearsal",
    storage_class="",
    gpu_resource="nvidia.com/gpu.shared",
    gpu_parts=10,
    profiles=load("rehearsal", {}).profiles,
)
# The client reads where the cluster is before it asks it anything.
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The rehearsal, were its servers pods."""
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setattr(
        "kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION",
        str(tmp_path / "kubeconfig"),
    )
    load_config.cache_clear()
    rehearsal = load("rehearsal", {})
    secrets = SecretFiles(folder=str(tmp_path / "secrets"), source="files")
    settings = replace(
        rehearsal, server=replace(rehearsal.server, runs_as=POD), secrets=secrets
    )
    (tmp_path / "secrets").mkdir()
    for name in names_by_part(settings)["hub"]:
        file = tmp_path / "secrets" / name
        file.write_text(hashlib.sha256(name.encode()).hexdigest())
        file.chmod(0o400)
    yield settings
    load_config.cache_clear()


def made(settings: Settings, options: object, *groups: str) -> Mapping[str, Any]:
    """Manifests of what KubeSpawner makes for Ada, who chose `options`."""

    async def make() -> Mapping[str, Any]:
        config = Config()
        configure(config, settings)
        user = SimpleNamespace(
            name="Ada@example.org",
            escaped_name="Ada%40example.org",
            url="/user/Ada%40example.org/",
            id=1,
            groups=[orm.Group(name=name) for name in groups],
            settings={},
        )
        server = PodServer(
            _mock=True,
            user=user,
            hub=Hub(base_url="/hub/"),
            orm_spawner=orm.Spawner(name=""),
            api_token="a token",
            oauth_client_id="ada",
            config=config,
            user_options=options,
        )
        await server.load_user_options()
        plain = server.api.api_client.sanitize_for_serialization
        pod = plain(await server.get_pod_manifest())
        claim = plain(server.get_pvc_manifest())
        await server.api.api_client.close()
        return {"pod": pod, "claim": claim}

    return asyncio.run(make())


def limits(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = pod["spec"]["containers"][0]["resources"]["limits"]
    return found


@pytest.mark.parametrize("profile", POD.profiles, ids=lambda each: each.name)
def test_every_pod_keeps_kubernetes_own_schema(profile: Any, settings: Settings) -> None:
    found = made(settings, {"profile": profile.name}, "quants")

    for manifest in found.values():
        kubernetes_validate.validate(manifest, "1.33", strict=True)


def test_a_pod_has_the_image_and_limits_of_its_profile(settings: Settings) -> None:
    pod = made(settings, {"profile": "cpu-large"})["pod"]

    (container,) = pod["spec"]["containers"]
    assert container["image"] == "mchub/kernel:0.1.0-cpu"
    assert limits(pod) == {"cpu": 1, "memory": 1024**3}
    assert container["resources"]["requests"] == limits(pod)


def test_a_gpu_profile_asks_for_whole_parts_of_a_card(settings: Settings) -> None:
    slice_, large = (
        made(settings, {"profile": name}, "quants")["pod"]
        for name in ("gpu-slice", "gpu-large")
    )

    asked = [limits(pod)["nvidia.com/gpu.shared"] for pod in (slice_, large)]
    assert asked == ["1", "4"]
    assert variables(large)["CUPY_GPU_MEMORY_LIMIT"] == "40.00%"


def variables(pod: Mapping[str, Any]) -> Mapping[str, str]:
    (container,) = pod["spec"]["containers"]
    return {one["name"]: one.get("value", "") for one in container["env"]}


def test_a_pod_has_no_rights_and_no_token_of_the_cluster(settings: Settings) -> None:
    spec = made(settings, {})["pod"]["spec"]

    (container,) = spec["containers"]
    context = container["securityContext"]
    assert spec["automountServiceAccountToken"] is False
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["runAsUser"] == 1000
    assert context["runAsNonRoot"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_a_pod_speaks_to_the_hub_through_the_proxy(settings: Settings) -> None:
    told = variables(made(settings, {})["pod"])

    assert told["JUPYTERHUB_API_URL"] == "http://proxy:8000/hub/api"
    assert told["NVIDIA_VISIBLE_DEVICES"] == "void"


def test_two_hubs_stand_behind_the_proxy(settings: Settings) -> None:
    assert hub_url(settings) == "http://proxy:8000"
    assert hub_addresses(settings) == ["http://hub-blue:8081", "http://hub-green:8081"]
    assert proxy_api_url(settings) == "http://proxy-api:8001"


def test_a_home_is_its_users_whatever_the_server_and_as_large_as_the_settings_say(
    settings: Settings,
) -> None:
    found = made(settings, {})

    name = found["claim"]["metadata"]["name"]
    (home,) = [one for one in found["pod"]["spec"]["volumes"] if one["name"] == "home"]
    assert name.startswith("home-ada-example-org---")
    assert home["persistentVolumeClaim"]["claimName"] == name
    asked = found["claim"]["spec"]["resources"]["requests"]
    assert asked == {"storage": str(1024**3)}


def test_what_is_not_offered_is_refused(settings: Settings) -> None:
    with pytest.raises(SpawnException, match=r"gpu-slice; got 'gpu-large'"):
        made(settings, {"profile": "gpu-large"}, "analysts")


def test_a_pod_is_charged_by_its_profile(settings: Settings) -> None:
    assert profile_of(settings, {"profile": "gpu-slice"}).gpu == 0.1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gpu_parts": 4}, r"gpu-slice\.gpu: must be whole parts of a card of 4; got 0\.1"),
        ({"gpu_resource": "gpu"}, r"must be a resource such as `nvidia\.com/gpu\.shared`"),
        ({"namespace": ""}, r"server\.runs_as\.namespace: must"),
        ({"profiles": ()}, r"server\.runs_as\.profiles: must"),
    ],
)
def test_what_no_cluster_could_do_is_refused(
    changes: dict[str, Any], sentence: str, settings: Settings
) -> None:
    server = replace(settings.server, runs_as=replace(POD, **changes))

    with pytest.raises(SettingsError, match=sentence):
        replace(settings, server=server)
