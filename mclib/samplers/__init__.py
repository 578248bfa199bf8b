"""Samplers: the rule that places each trial's uniforms.

A sampler puts other leaves into a traced graph, in the place of its uniforms; each says, in
machine ops, which bits the uniform of a trial has. No engine knows of samplers, a trial's
uniforms depend on its index and the seed only, and nothing is stored or shuffled.
"""
