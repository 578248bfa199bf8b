"""Who holds Docker's socket knows nothing of the hub but the words of a refusal."""

import ast

from tests.architecture.checkout import ROOT

PACKAGE = ROOT / "hub" / "services" / "docker_policy"


def test_the_policy_proxy_imports_nothing_of_the_hub_but_its_words() -> None:
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for file in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    of_the_hub = {name for name in imported if name and name.split(".")[0] == "hub"}
    own = "hub.services.docker_policy."
    assert {"hub.laws"} == {name for name in of_the_hub if not name.startswith(own)}
