"""Kubernetes without a cluster: rendered by kubectl, held against its own schemas."""

import ipaddress
import os
import tomllib
from dataclasses import replace
from itertools import product
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from deploy.deployer.part_secrets import names_by_part
from hub.choices import ObjectStore, Pod
from hub.environments import load
from hub.settings import Settings
from tests.deploy.kubernetes.rendered import (
    FOLDER,
    OVERLAYS,
    ROOTS,
    containers,
    of_kind,
    pods,
    reaches,
    rendered,
)

pytestmark = pytest.mark.kubectl

VERSIONS = ("1.33", "1.37")
HUBS = ("hub-blue", "hub-green")


def settings_of(overlay: str) -> Settings:
    file = FOLDER / "overlays" / overlay / "site.toml"
    return load(overlay, {"MCHUB_SITE": str(file)})


@pytest.mark.parametrize(("root", "version"), [*product(ROOTS, VERSIONS)])
def test_every_manifest_keeps_kubernetes_own_schema(root: str, version: str) -> None:
    for manifest in rendered(root):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_files_in_a_bucket_need_its_keys_and_the_outside_and_no_claim(
    tmp_path: Path,
) -> None:
    relative = Path(os.path.relpath(FOLDER, tmp_path))
    told = {
        "resources": [str(relative / "overlays" / "production")],
        "components": [str(relative / "reports-bucket")],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(told))
    root = str(tmp_path)

    for manifest, version in product(rendered(root), VERSIONS):
        kubernetes_validate.validate(manifest, version, strict=True)
    spec = pods(root)["reports"]["spec"]
    given = next(one for one in spec["volumes"] if one["name"] == "given")
    store = ObjectStore(endpoint="https://s3.example.org", bucket="mc", region="eu-1")
    settings = settings_of("production")
    keeping = replace(settings, reports=replace(settings.reports, store=store))
    assert {item["key"] for item in given["secret"]["items"]} == set(
        names_by_part(keeping)["reports"]
    )
    assert "reports" not in of_kind(root, "PersistentVolumeClaim")
    assert "/srv/hub/reports" not in yaml.safe_dump(spec)
    (rule,) = of_kind(root, "NetworkPolicy")["reports-bucket"]["spec"]["egress"]
    assert rule["ports"] == [{"port": 443}]


def test_the_schema_would_say_what_is_wrong() -> None:
    wrong = yaml.safe_load((FOLDER / "base" / "proxy.yaml").read_text().split("---")[0])
    wrong["spec"]["template"]["spec"]["containers"][0]["readOnly"] = True

    with pytest.raises(kubernetes_validate.ValidationError, match="readOnly"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_site_makes_servers_pods_in_its_own_namespace(overlay: str) -> None:
    root, settings = f"overlays/{overlay}", settings_of(overlay)

    runs_as = settings.server.runs_as
    assert isinstance(runs_as, Pod)
    assert set(of_kind(root, "Namespace")) == {runs_as.namespace}
    (ingress,) = of_kind(root, "Ingress").values()
    assert ingress["spec"]["rules"][0]["host"] == settings.address.hostname


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_profiles_are_those_of_one_host_from_the_sites_registry(overlay: str) -> None:
    ours, theirs = load(overlay, {}).profiles, settings_of(overlay).profiles

    moved = [
        replace(profile, image=f"registry.example.org/{profile.image}") for profile in ours
    ]
    assert moved == list(theirs)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_quota_is_the_environments_share_of_a_card(overlay: str) -> None:
    settings = settings_of(overlay)
    runs_as = settings.server.runs_as
    assert isinstance(runs_as, Pod)

    hard = of_kind(f"overlays/{overlay}", "ResourceQuota")["share"]["spec"]["hard"]

    parts = round(settings.gpus.share * runs_as.gpu_parts)
    assert hard == {f"requests.{runs_as.gpu_resource}": str(parts)}


def test_the_plugin_makes_the_parts_that_the_settings_count() -> None:
    sharing = yaml.safe_load((FOLDER / "nvidia" / "sharing.yaml").read_text())
    (resource,) = sharing["sharing"]["timeSlicing"]["resources"]
    runs_as = settings_of("production").server.runs_as

    assert isinstance(runs_as, Pod)
    assert resource["replicas"] == runs_as.gpu_parts
    assert f"{resource['name']}.shared" == runs_as.gpu_resource


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_part_gets_its_own_secrets_and_no_other(overlay: str) -> None:
    wanted = names_by_part(settings_of(overlay))

    given = {
        name: {item["key"] for item in volume["secret"].get("items", ())}
        for name, template in pods(f"overlays/{overlay}").items()
        for volume in template["spec"]["volumes"]
        if "secret" in volume
    }

    # The hubs get the whole of it, which is theirs and holds what every other part needs.
    expected = {name: set() if name in HUBS else set(wanted[name]) for name in given}
    assert expected == given
    assert set().union(*expected.values()) <= set(wanted["hub"])


@pytest.mark.parametrize("root", ROOTS)
def test_every_container_is_locked_down_and_limited(root: str) -> None:
    for template in pods(root).values():
        for container in containers(template):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}
            assert ":" in container["image"], "an image names its version"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_part_is_root_writes_its_own_files_or_speaks_to_the_cluster(
    overlay: str,
) -> None:
    with_token = set()
    for name, template in pods(f"overlays/{overlay}").items():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert all(
            one["securityContext"]["readOnlyRootFilesystem"] is True
            for one in containers(template)
        )
        if spec["automountServiceAccountToken"]:
            with_token.add(name)

    # The hub makes pods.
    assert with_token == set(HUBS)


def test_the_hub_may_make_pods_and_homes_and_nothing_besides() -> None:
    roles = of_kind("overlays/production", "Role")

    allowed = {
        (resource, verb)
        for rule in roles["hub"]["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    assert set(of_kind("overlays/production", "ClusterRole")) == set()
    assert {resource for resource, _ in allowed} == {
        "pods",
        "persistentvolumeclaims",
        "events",
    }
    # A home is an operator's to delete.
    assert ("persistentvolumeclaims", "delete") not in allowed


# Who opens a connection to whom, on which port. All that isn't here is refused.
REACH = {
    *((hub, "proxy", port) for hub in HUBS for port in (8000, 8001)),
    *((hub, "user", 8888) for hub in HUBS),
    *((hub, "admin", 9092) for hub in HUBS),
    *((hub, "reports", 9093) for hub in HUBS),
    *(("proxy", hub, 8081) for hub in HUBS),
    ("proxy", "platform-api", 9090),
    ("proxy", "admin", 9092),
    ("proxy", "reports", 9093),
    ("proxy", "user", 8888),
    *((part, "proxy", 8000) for part in ("platform-api", "admin", "reports", "steward")),
    ("idle-culler", "proxy", 8000),
    ("route-keeper", "proxy", 8001),
    *(("route-keeper", hub, 8081) for hub in HUBS),
    ("user", "proxy", 8000),
}
PRIVATE = ("10.1.2.3", "172.16.9.9", "192.168.0.1", "169.254.169.254", "100.64.0.1")
PORTS = (22, 443, 5432, 8000, 8001, 8081, 8888, 9090, 9092, 9093)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everybody_reaches_what_they_need_and_nothing_else(overlay: str) -> None:
    policies = list(of_kind(f"overlays/{overlay}", "NetworkPolicy").values())
    labels = {
        name: template["metadata"]["labels"]
        for name, template in pods(f"overlays/{overlay}").items()
    } | {"user": {"component": "singleuser-server"}}

    found = {
        (one, other, port)
        for one, other, port in product(labels, labels, PORTS)
        if reaches(policies, "egress", labels[one], labels[other], port)
        and reaches(policies, "ingress", labels[other], labels[one], port)
    }

    assert found == REACH


def test_users_reach_the_internet_and_no_private_address() -> None:
    policy = of_kind("overlays/production", "NetworkPolicy")["internet"]

    (rule,) = policy["spec"]["egress"]
    (peer,) = rule["to"]
    refused = [ipaddress.ip_network(each) for each in peer["ipBlock"]["except"]]
    # What deploy/firewall refuses with `--egress internet`.
    for address in PRIVATE:
        assert any(ipaddress.ip_address(address) in network for network in refused)


def test_the_values_name_the_hubs_image_and_our_own_start() -> None:
    values = yaml.safe_load((FOLDER / "zero-to-jupyterhub" / "values.yaml").read_text())
    hub = pods("overlays/production")["hub-blue"]["spec"]["containers"][0]

    image = values["hub"]["image"]
    assert f"{image['name']}:{image['tag']}" == hub["image"]
    assert values["hub"]["args"][-5:] == hub["args"]
    assert "extraConfig" not in values["hub"], "no Python in YAML"


def test_the_charts_site_is_that_of_production() -> None:
    files = [
        FOLDER / name / "site.toml"
        for name in ("zero-to-jupyterhub", "overlays/production")
    ]

    chart, own = (tomllib.loads(file.read_text()) for file in files)
    assert chart == own
