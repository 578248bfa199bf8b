"""The site's own settings: a file that overrides the literals, by their own paths."""

from datetime import timedelta
from pathlib import Path

import pytest

from hub import SettingsError, load
from hub.choices import Device, GitHub, SelfSigned
from hub.settings import Settings


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


def loaded(site: Path, text: str, name: str = "staging") -> Settings:
    site.write_text(text)
    return load(name, {"MCHUB_SITE": str(site)})


def test_a_site_says_only_what_differs(site: Path) -> None:
    settings = loaded(
        site,
        """
        [staging]
        url = "https://mc.bank.example"
        admins = ["olivia", "otto"]
        [staging.login.provider]
        issuer = "https://login.bank.example"
        [staging.idle]
        after = "90 min"
        [staging.server.limits]
        cpus = 8
        """,
    )

    before = load("staging", {})
    assert settings.url == "https://mc.bank.example"
    assert settings.admins == ("olivia", "otto")
    assert settings.login.provider.issuer == "https://login.bank.example"  # type: ignore[union-attr]
    assert settings.idle.after == timedelta(minutes=90)
    assert settings.server.limits.cpus == 8
    assert settings.server.limits.memory == before.server.limits.memory
    assert settings.budgets == before.budgets


def test_a_site_without_a_word_on_an_environment_changes_nothing(site: Path) -> None:
    assert loaded(site, "[development]\ndebug = false\n") == load("staging", {})


def test_a_choice_is_made_by_its_kind(site: Path) -> None:
    settings = loaded(
        site,
        """
        [production.tls]
        kind = "SelfSigned"
        [production.login.provider]
        kind = "GitHub"
        organization = "bank"
        """,
        "production",
    )

    assert settings.tls == SelfSigned()
    assert settings.login.provider == GitHub(organization="bank")  # type: ignore[union-attr]


def test_none_is_a_word(site: Path) -> None:
    assert loaded(site, '[staging]\nbudgets = "none"\n').budgets is None


def test_named_parts_change_where_they_were_and_are_made_where_not(site: Path) -> None:
    settings = loaded(
        site,
        """
        [staging]
        gpus.devices = [{name = "GPU-1a", memory = "80G"}]
        server.runs_as.profiles = [
          {name = "gpu-slice", memory = "1G"},
          {name = "cpu-small"},
        ]
        """,
    )

    before = {profile.name: profile for profile in load("staging", {}).profiles}
    assert settings.gpus.devices == (Device(name="GPU-1a", memory="80G"),)
    assert [profile.name for profile in settings.profiles] == ["gpu-slice", "cpu-small"]
    assert settings.profiles[0].memory == "1G"
    assert settings.profiles[0].image == before["gpu-slice"].image
    assert settings.profiles[1] == before["cpu-small"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[staging]\nulr = 'x'\n", "staging.ulr: must be a setting; got 'ulr'.\nhint: did"),
        ("[stage]\n", "site.toml: stage: must be one of development"),
        ("[staging]\nidle.after = 3\n", "staging.idle.after: must be a duration such as"),
        ("[staging]\nadmins = 'ada'\n", "staging.admins: must be `tuple`; got 'ada'."),
        ("[staging]\nserver = 1\n", "staging.server: must be `Server`; got 1."),
        ("[staging.tls]\nkind = 'Lego'\n", "staging.tls: must have a `kind` among NoTls"),
        ("[staging.tls]\nkind = 'NoTls'\n", "staging.tls: must be `SelfSigned` or `Acme`"),
        ("[staging]\nurl = 'http://mc.example'\n", "staging.url: must be https unless"),
        ("[staging.tls]\nkind = 'Acme'\n", "staging.tls: must be a whole `Acme`"),
        ("[staging]\ngpus.devices = [1]\n", "staging.gpus.devices: must hold tables, each"),
        ("[staging\n", "MCHUB_SITE: must name a file in TOML"),
    ],
)
def test_what_breaks_a_law_is_refused_by_its_path(
    site: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(site, text)

    assert str(refused.value).startswith(message)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MCHUB_SITE: must name a file in TOML"):
        load("staging", {"MCHUB_SITE": str(tmp_path / "nowhere.toml")})
