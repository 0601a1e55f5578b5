"""The execution engine on a Ray cluster. Modules here import Ray at their top."""
