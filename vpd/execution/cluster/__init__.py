"""The execution engine on a Ray cluster. The only package that imports Ray at module level."""
