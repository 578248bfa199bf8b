"""The deployer: brings an environment up, looks after it, and takes it down."""
