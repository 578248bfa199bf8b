"""How environments come to be: images, compose files, the deployer."""
