"""What an environment's hub may ask of Docker follows from its settings."""

import pytest

from deploy.deployer.docker_policy import docker_policy
from hub import load
from hub.services.docker_policy.policy import read_policy


@pytest.mark.parametrize("name", ["rehearsal", "staging", "production"])
def test_the_policy_of_an_environment_keeps_the_laws_of_policies(name: str) -> None:
    settings = load(name, {})

    policy = read_policy(docker_policy(settings))

    assert policy.environment == name
    assert set(policy.images) == {profile.image for profile in settings.profiles}
    assert policy.gpu_share == settings.gpus.share
