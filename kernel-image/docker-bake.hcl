# docker buildx bake --file kernel-image/docker-bake.hcl       both images
# docker buildx bake --file kernel-image/docker-bake.hcl cpu   one
#
# Run in the top folder of the checkout. Every variable can be set in the environment.

variable "VERSION" {
  default = "local"
}

# An image with Python 3.13 on Debian; a release names it by digest.
variable "BASE" {
  default = "python:3.13.9-slim-trixie"
}

# Paths of files with a mirror's address, for closed networks; see Dockerfile.
variable "PIP_CONF" {
  default = ""
}

variable "APT_SOURCES" {
  default = ""
}

variable "EXTRA_CA" {
  default = ""
}

group "default" {
  targets = ["cpu", "gpu"]
}

target "common" {
  context    = "."
  dockerfile = "kernel-image/Dockerfile"
  args       = { BASE = BASE }
  secret = concat(
    PIP_CONF == "" ? [] : ["id=pip_conf,src=${PIP_CONF}"],
    APT_SOURCES == "" ? [] : ["id=apt_sources,src=${APT_SOURCES}"],
    EXTRA_CA == "" ? [] : ["id=extra_ca,src=${EXTRA_CA}"],
  )
}

target "cpu" {
  inherits = ["common"]
  target   = "cpu"
  tags     = ["mchub/kernel:${VERSION}-cpu"]
}

target "gpu" {
  inherits = ["common"]
  target   = "gpu"
  tags     = ["mchub/kernel:${VERSION}-gpu"]
}
