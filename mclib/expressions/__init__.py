"""What a model is made of: ops, nodes, tracing, simplifying, lowering."""
